mod discovery;
mod documentation;
mod moves;
mod refusals;

use super::*;

/// A repository, and the deployment it is resolved for.
struct Repository {
    blobs: BTreeMap<String, String>,
    contents: BTreeMap<String, Vec<u8>>,
    environment: Environment,
    former: Vec<FormerStack>,
}

fn repository(files: &[(&str, &str)]) -> Repository {
    let mut repository = Repository {
        blobs: BTreeMap::new(),
        contents: BTreeMap::new(),
        environment: Environment {
            name: "production".to_owned(),
            pipeline_prefix: "changegate-".to_owned(),
            floor: Floor {
                minimum_approvals: 0,
                author_may_approve: true,
                deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
                stack_name_pattern: "*".to_owned(),
                reserved_stack_names: vec!["changegate".to_owned(), "changegate-pipelines".to_owned()],
                approvers: None,
            },
            default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/default".to_owned(),
        },
        former: Vec::new(),
    };
    for (path, content) in files {
        repository
            .blobs
            .insert((*path).to_owned(), format!("blob of {content}"));
        repository
            .contents
            .insert((*path).to_owned(), content.as_bytes().to_vec());
    }
    repository
}

impl Repository {
    fn resolve(&self) -> Resolution {
        let mut contents = BTreeMap::new();
        loop {
            let files = RepositoryFiles {
                blobs: &self.blobs,
                contents: &contents,
            };
            let needed = files_needed(&files);
            if needed.is_empty() {
                return resolve(&files, &self.environment, &self.former);
            }
            for path in needed {
                let content = self.contents[&path].clone();
                assert!(
                    contents.insert(path.clone(), content).is_none(),
                    "{path} was asked for twice"
                );
            }
        }
    }

    fn names(&self) -> Vec<String> {
        let resolution = self.resolve();
        assert_eq!(problems(&resolution), "");
        resolution.stacks.into_iter().map(|gate| gate.stack).collect()
    }

    fn gate(&self, stack: &str) -> Gate {
        let resolution = self.resolve();
        assert_eq!(problems(&resolution), "");
        resolution.stacks.into_iter().find(|gate| gate.stack == stack).unwrap()
    }
}

fn problems(resolution: &Resolution) -> String {
    resolution.lines().iter().map(|line| format!("{line}\n")).collect()
}

/// A repository with this catalogue and one folder for each name.
fn with(catalogue: &str, stacks: &[&str]) -> Repository {
    let templates: Vec<String> = stacks
        .iter()
        .map(|stack| format!("stacks/{stack}/template.yaml"))
        .collect();
    let mut files: Vec<(&str, &str)> = templates.iter().map(|path| (path.as_str(), path.as_str())).collect();
    files.push(("changegate.yaml", catalogue));
    repository(&files)
}
