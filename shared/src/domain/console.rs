//! Pages of the AWS console.

/// Page that shows a run of a pipeline, in the partition and the region of an ARN beside it; `None` when that is no
/// ARN of a partition whose console is known.
///
/// Source: <https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/select-region.html>
pub fn run_page(beside: &str, pipeline: &str, execution: &str) -> Option<String> {
    let mut parts = beside.strip_prefix("arn:")?.split(':');
    let (partition, _service, region) = (parts.next()?, parts.next()?, parts.next()?);
    let host = match partition {
        "aws" => format!("{region}.console.aws.amazon.com"),
        "aws-us-gov" => format!("{region}.console.amazonaws-us-gov.com"),
        "aws-cn" => format!("{region}.console.amazonaws.cn"),
        _ => return None,
    };
    (!region.is_empty()).then(|| {
        format!(
            "https://{host}/codesuite/codepipeline/pipelines/{pipeline}/executions/{execution}/timeline?region={region}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::run_page;

    #[test]
    fn the_page_of_a_run_is_in_the_partition_and_region_of_its_stack() {
        let page = |arn: &str| run_page(arn, "changegate-network", "r1");
        assert_eq!(
            page("arn:aws:cloudformation:eu-west-1:111122223333:stack/network/1").as_deref(),
            Some(
                "https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/changegate-network/\
                 executions/r1/timeline?region=eu-west-1"
            )
        );
        let gov = page("arn:aws-us-gov:cloudformation:us-gov-west-1:111122223333:stack/network/1").unwrap();
        assert!(
            gov.starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/"),
            "{gov}"
        );
    }

    #[test]
    fn what_is_no_arn_of_a_region_has_no_page() {
        for other in [
            "network",
            "",
            "arn:aws:iam::111122223333:role/x",
            "arn:aws-iso:s3:x:1:y",
        ] {
            assert_eq!(run_page(other, "p", "r"), None, "{other}");
        }
    }
}
