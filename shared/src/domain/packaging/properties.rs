//! The properties whose value may be a local path.
//!
//! They are those that `aws cloudformation package` or `sam package` uploads.
//! Sources: <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html>,
//! `awscli/customizations/cloudformation/artifact_exporter.py` of awscli 1.46.3, and
//! `samcli/lib/package/packageable_resources.py` of aws-sam-cli 1.170.0.

/// What a local path stands for, and what is written in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A snippet of `AWS::Include`, written as `s3://…`.
    Snippet,
    /// A template of its own, written as `https://…`.
    Template,
    /// A file or folder, written as `s3://…`.
    Url {
        /// Whether a single file is zipped.
        is_zipped: bool,
    },
    /// A file or folder, written as a mapping with these two keys.
    Location {
        /// Key of the bucket's name.
        bucket: &'static str,
        /// Key of the object's key.
        key: &'static str,
        /// Whether a single file is zipped.
        is_zipped: bool,
    },
}

const URL: Kind = Kind::Url { is_zipped: false };
const ZIPPED_URL: Kind = Kind::Url { is_zipped: true };
const LAMBDA: Kind = Kind::Location {
    bucket: "S3Bucket",
    key: "S3Key",
    is_zipped: true,
};
const BUNDLE: Kind = Kind::Location {
    bucket: "S3Bucket",
    key: "S3Key",
    is_zipped: false,
};
const LOCATION: Kind = Kind::Location {
    bucket: "Bucket",
    key: "Key",
    is_zipped: false,
};
const ZIPPED_LOCATION: Kind = Kind::Location {
    bucket: "Bucket",
    key: "Key",
    is_zipped: true,
};

/// Resource type, path of the property below `Properties`, what it stands for.
/// `*` stands for any key.
pub(super) const PROPERTIES: [(&str, &[&str], Kind); 29] = [
    ("AWS::ApiGateway::RestApi", &["BodyS3Location"], LOCATION),
    ("AWS::ApiGatewayV2::Api", &["BodyS3Location"], LOCATION),
    ("AWS::AppSync::FunctionConfiguration", &["CodeS3Location"], URL),
    (
        "AWS::AppSync::FunctionConfiguration",
        &["RequestMappingTemplateS3Location"],
        URL,
    ),
    (
        "AWS::AppSync::FunctionConfiguration",
        &["ResponseMappingTemplateS3Location"],
        URL,
    ),
    ("AWS::AppSync::GraphQLSchema", &["DefinitionS3Location"], URL),
    ("AWS::AppSync::Resolver", &["CodeS3Location"], URL),
    ("AWS::AppSync::Resolver", &["RequestMappingTemplateS3Location"], URL),
    ("AWS::AppSync::Resolver", &["ResponseMappingTemplateS3Location"], URL),
    ("AWS::CloudFormation::ModuleVersion", &["ModulePackage"], URL),
    ("AWS::CloudFormation::ResourceVersion", &["SchemaHandlerPackage"], URL),
    ("AWS::CloudFormation::Stack", &["TemplateURL"], Kind::Template),
    ("AWS::CloudFormation::StackSet", &["TemplateURL"], Kind::Template),
    ("AWS::CodeCommit::Repository", &["Code", "S3"], ZIPPED_LOCATION),
    ("AWS::ElasticBeanstalk::ApplicationVersion", &["SourceBundle"], BUNDLE),
    ("AWS::Glue::Job", &["Command", "ScriptLocation"], URL),
    ("AWS::Lambda::Function", &["Code"], LAMBDA),
    ("AWS::Lambda::LayerVersion", &["Content"], LAMBDA),
    ("AWS::Serverless::Api", &["DefinitionUri"], URL),
    ("AWS::Serverless::Application", &["Location"], Kind::Template),
    ("AWS::Serverless::Function", &["CodeUri"], ZIPPED_URL),
    ("AWS::Serverless::GraphQLApi", &["Functions", "*", "CodeUri"], URL),
    ("AWS::Serverless::GraphQLApi", &["Resolvers", "*", "*", "CodeUri"], URL),
    ("AWS::Serverless::GraphQLApi", &["SchemaUri"], URL),
    ("AWS::Serverless::HttpApi", &["DefinitionUri"], URL),
    ("AWS::Serverless::LayerVersion", &["ContentUri"], ZIPPED_URL),
    ("AWS::Serverless::StateMachine", &["DefinitionUri"], LOCATION),
    ("AWS::Serverless::WebFunction", &["CodeUri"], ZIPPED_URL),
    ("AWS::StepFunctions::StateMachine", &["DefinitionS3Location"], LOCATION),
];

/// What the names of properties end in that hold a place in S3 or the URL of a template, in the schemas of resource
/// types. A path in one that nobody packages fails when the change set is executed.
const LOCATIONS: [&str; 13] = [
    "BlueprintLocation",
    "CodeUri",
    "ContentUri",
    "DefinitionUri",
    "FileUri",
    "LoadTemplateFromURL",
    "S3Location",
    "S3Uri",
    "S3Url",
    "SchemaUri",
    "ScriptLocation",
    "TemplateURL",
    "TemplateUri",
];

/// Whether a property of this name holds a place in S3 or the URL of a template.
pub(super) fn is_location(property: &str) -> bool {
    LOCATIONS.iter().any(|end| property.ends_with(end))
}

/// The same for what stands in a template's `Metadata` under the type itself.
pub(super) const METADATA: [(&str, &str, Kind); 2] = [
    ("AWS::ServerlessRepo::Application", "LicenseUrl", URL),
    ("AWS::ServerlessRepo::Application", "ReadmeUrl", URL),
];

/// The same for what the `Globals` of a serverless template hand to all resources of a type.
///
/// Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
pub(super) const GLOBALS: [(&str, &str, Kind); 3] = [
    ("Api", "DefinitionUri", URL),
    ("Function", "CodeUri", ZIPPED_URL),
    ("StateMachine", "DefinitionUri", LOCATION),
];
