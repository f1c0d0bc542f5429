//! Configurations: a file, then a line `===`, then its template.

use changegate::domain::configuration::{self, EffectiveConfiguration, File};

const DEFAULT_TEMPLATE: &str = "\
Parameters:
  Name: {Type: String, AllowedPattern: '(a|b)*c?', MaxLength: 20}
  Count: {Type: Number, MinValue: 1, Default: 3}
  Names: {Type: CommaDelimitedList, Default: 'a,b'}
  Switch: {Type: String, AllowedValues: [yes, no, 'true'], Default: yes}
  Password: {Type: String, NoEcho: true, Default: ''}
Resources: {Topic: {Type: AWS::SNS::Topic}}
";

pub(super) fn check(bytes: &[u8]) {
    let files = super::files(bytes);
    let template = files.get(1).map_or(DEFAULT_TEMPLATE, String::as_str);
    for path in [
        "stacks/app/configuration.production.json",
        "stacks/app/configuration.production.yaml",
    ] {
        let configuration = File {
            path,
            bytes: files[0].as_bytes(),
        };
        let template = File {
            path: "stacks/app/template.yaml",
            bytes: template.as_bytes(),
        };
        match configuration::effective(Some(configuration), template) {
            Ok(effective) => {
                let read = EffectiveConfiguration::from_json(effective.to_json().as_bytes());
                assert_eq!(read.expect("what was written is read"), effective);
            }
            Err(problems) => {
                assert!(!problems.is_empty(), "a refusal says why");
                for problem in problems {
                    super::told(&problem.to_string());
                }
            }
        }
    }
}
