//! Checks a repository as the functions would, on this machine alone.

mod finding;
pub mod output;
mod repository;
mod unused;
pub mod validator;

use std::collections::{BTreeMap, BTreeSet};

use changegate::domain::catalogue::{self, Environment, RepositoryFiles};
use changegate::domain::configuration::{self, File};
use changegate::domain::document::Document;
use changegate::domain::gate::{Floor, Gate};
use changegate::domain::packaging::{self, Destination, Packaging, Sources};
use changegate::domain::pipelines::{self, PipelinesSettings};
use changegate::domain::template::read_file;
use changegate::domain::template_check;
pub use finding::{Finding, Rule};
use repository::Contents;
pub use repository::{Repository, UnreadableError};

/// What the checks found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Everything that was found, each once.
    pub findings: Vec<Finding>,
    /// Environment to the number of its sound stacks.
    pub stacks: BTreeMap<String, usize>,
    /// Paths of the templates of all stacks, nested ones among them.
    pub templates: BTreeSet<String>,
    /// Path and line of every value that is packaged: what stands there is not what CloudFormation is given.
    pub packaged: BTreeSet<(String, usize)>,
}

/// What a deployment would demand.
#[derive(Debug, Clone)]
pub struct Demands {
    /// What every gate must keep to.
    pub floor: Floor,
    /// Name of the deployment's own stack.
    pub deployment: String,
}

impl Repository {
    /// Names of the environments that the catalogue speaks of; `production` when it speaks of none.
    pub fn environments(&self) -> Vec<String> {
        let (blobs, contents) = self.of_catalogue();
        let files = RepositoryFiles {
            blobs: &blobs,
            contents: &contents,
        };
        match catalogue::environments(&files) {
            names if names.is_empty() => vec!["production".to_owned()],
            names => names,
        }
    }

    /// Checks catalogue, templates, configurations and pipelines for these environments.
    pub fn check(&self, environments: &[String], demands: &Demands) -> Findings {
        let mut findings = Findings::default();
        let mut others = BTreeSet::new();
        for (path, entry) in self.files.iter().filter(|(_, entry)| !entry.is_file()) {
            let message = format!("this is {}; put the file itself there", entry.in_words());
            others.insert(Finding::of_file(path, Rule::NotAFile, message));
        }
        let (blobs, contents) = self.of_catalogue();
        let files = RepositoryFiles {
            blobs: &blobs,
            contents: &contents,
        };
        let mut ordered = Vec::new();
        let mut used = BTreeSet::new();
        for name in environments {
            let environment = Environment {
                name: name.clone(),
                pipeline_prefix: format!("{}-", demands.deployment),
                floor: demands.floor.clone(),
                default_deployer: format!("{}default", demands.floor.deployer_prefix),
            };
            let resolution = catalogue::resolve(&files, &environment, &[]);
            let of_catalogue = resolution.lines();
            ordered.extend(of_catalogue.iter().map(|line| Finding::of_line(line, Rule::Catalogue)));
            let mut sound = 0;
            let convention = configuration::convention(&self.files, name);
            for gate in &resolution.stacks {
                let found = self.check_stack(gate, &convention, &mut used, &mut findings);
                sound += usize::from(found.iter().all(|finding| finding.rule.is_warning()));
                others.extend(found);
            }
            let rendered = pipelines::render(&resolution.stacks, &settings(&environment));
            for error in rendered.err().unwrap_or_default() {
                others.insert(Finding::of_file(
                    catalogue::CATALOGUE_FILE,
                    Rule::Pipeline,
                    error.to_string(),
                ));
            }
            findings.stacks.insert(name.clone(), sound);
        }
        // The catalogue's come first, in the order of its lines.
        let mut known = BTreeSet::new();
        ordered.retain(|finding| known.insert(finding.clone()));
        let others = others.into_iter().filter(|finding| !known.contains(finding));
        findings.findings = ordered.iter().cloned().chain(others).collect();
        // What a refused stack refers to is not known, so nothing can be said to be unused.
        if !findings.has_errors() {
            let unused = unused::check(self, &used);
            findings.findings.extend(unused);
            if findings.stacks.values().all(|sound| *sound == 0) {
                let message = "the repository has no stack: put a template at stacks/<name>/template.yaml";
                let none = Finding::of_file("stacks", Rule::NoStacks, message);
                findings.findings.insert(0, none);
            }
        }
        findings
    }

    fn of_catalogue(&self) -> (BTreeMap<String, String>, BTreeMap<String, Vec<u8>>) {
        let regular = self.files.iter().filter(|(_, entry)| entry.is_file());
        let blobs: BTreeMap<String, String> = regular.map(|(path, entry)| (path.clone(), entry.id.clone())).collect();
        let mut contents = BTreeMap::new();
        loop {
            let needed = catalogue::files_needed(&RepositoryFiles {
                blobs: &blobs,
                contents: &contents,
            });
            if needed.is_empty() {
                return (blobs, contents);
            }
            for path in needed {
                let content = self.content(&path).unwrap_or_default();
                contents.insert(path, content);
            }
        }
    }

    /// What is wrong with the template, all that it refers to, and the configuration of a stack. `convention` is the name
    /// that a configuration would have. Puts what the stack
    /// uses into `used`, and its templates and what is packaged of them into `all`.
    fn check_stack(
        &self,
        gate: &Gate,
        convention: &str,
        used: &mut BTreeSet<String>,
        all: &mut Findings,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut contents = Contents::new();
        for path in std::iter::once(&gate.template).chain(&gate.configuration) {
            self.read_into(&mut contents, path);
        }
        let destination = Destination {
            bucket: "source".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        used.insert(gate.template.clone());
        used.extend(gate.configuration.clone());
        let mut templates = vec![gate.template.clone()];
        let mut size = None;
        match self.package(&gate.template, &mut contents, &destination) {
            Packaging::Done(packaged) => {
                size = Some(packaged.template.len());
                templates.extend(packaged.parts.iter().filter(|part| !part.ends_with('/')).cloned());
                used.extend(packaged.parts);
            }
            Packaging::Refused(found) => {
                findings.extend(found.iter().map(|line| Finding::of_line(line, Rule::Packaging)));
            }
            Packaging::Needs(paths) => {
                findings.extend(paths.iter().map(|path| unreadable(path)));
            }
        }
        for path in &templates {
            let is_stacks_own = *path == gate.template;
            let Some(content) = contents.get(path) else { continue };
            let size = size.filter(|_| is_stacks_own).unwrap_or(content.len());
            // What cannot be read is told by whoever packages it.
            let Ok(document) = read_file(path, content) else {
                continue;
            };
            if let Some(found) = self.check_template(path, &document, is_stacks_own, size) {
                all.templates.insert(path.clone());
                let packaged = packaging::packaged_lines(&document.root).into_iter();
                all.packaged.extend(packaged.map(|line| (path.clone(), line)));
                findings.extend(found);
            }
        }
        let mut configuration = None;
        if let Some(path) = &gate.configuration {
            match contents.get(path) {
                Some(bytes) => {
                    findings.extend(duplicates_of_configuration(path, bytes));
                    configuration = Some(File { path, bytes });
                }
                None => findings.push(unreadable(path)),
            }
        }
        let template = File {
            path: &gate.template,
            bytes: contents.get(&gate.template).map_or(&[], |bytes| bytes.as_slice()),
        };
        if let Err(found) = configuration::effective(configuration, template) {
            let found = found
                .into_iter()
                .map(|problem| problem.by_convention(convention).to_string());
            findings.extend(found.map(|line| Finding::of_line(&line, Rule::Configuration)));
        }
        findings
    }

    /// Packages a template, and reads what that asks for into `contents`.
    fn package(&self, template: &str, contents: &mut Contents, destination: &Destination) -> Packaging {
        loop {
            let sources = Sources {
                files: &self.files,
                contents,
            };
            let packaging = packaging::package(template, sources, destination);
            let Packaging::Needs(paths) = &packaging else {
                return packaging;
            };
            let before = contents.len();
            for path in paths {
                self.read_into(contents, path);
            }
            if contents.len() == before {
                return packaging;
            }
        }
    }

    /// What CloudFormation would refuse in a template whatever its values are, and what is odd about it. A file that is
    /// not a stack's own template is one when it has resources. `size` is what the template comes to in bytes. `None` for
    /// what is not a template.
    fn check_template(
        &self,
        path: &str,
        document: &Document,
        is_stacks_own: bool,
        size: usize,
    ) -> Option<Vec<Finding>> {
        if !is_stacks_own && document.root.get("Resources").is_none() {
            return None;
        }
        let found = template_check::check(document, size);
        let left = packaging::left_paths(&document.root, path, &self.files);
        let left = left.into_iter().map(|left| Finding::of_left_path(path, &left));
        let found = found.into_iter().map(|finding| Finding::of_template(path, finding));
        Some(found.chain(left).collect())
    }
}

/// Keys that a configuration has more than once.
fn duplicates_of_configuration(path: &str, content: &[u8]) -> Vec<Finding> {
    let document = read_file(path, content).ok();
    let duplicates = document.map(|document| document.duplicates).unwrap_or_default();
    duplicates
        .iter()
        .map(|duplicate| Finding::of_duplicate(path, duplicate))
        .collect()
}

fn unreadable(path: &str) -> Finding {
    Finding::of_file(path, Rule::Packaging, "this file cannot be read")
}

impl Findings {
    /// Whether something stops a stack.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| !finding.rule.is_warning())
    }
}

/// Settings of the length that a deployment has, so that the pipelines' limits are met as they would be there.
fn settings(environment: &Environment) -> PipelinesSettings {
    let prefix = &environment.pipeline_prefix;
    PipelinesSettings {
        environment: environment.name.clone(),
        pipeline_prefix: prefix.clone(),
        role_arn: format!("arn:aws:iam::000000000000:role/changegate/{prefix}PipelineRole-000000000000"),
        source_bucket: format!("{prefix}sourcebucket-000000000000"),
        artifact_bucket: format!("{prefix}artifactbucket-000000000000"),
        create_function: format!("{prefix}changeset-create"),
        describe_function: format!("{prefix}changeset-describe"),
        execute_function: format!("{prefix}changeset-execute"),
    }
}

#[cfg(test)]
mod tests;
