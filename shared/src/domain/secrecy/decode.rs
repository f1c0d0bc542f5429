//! Values that carry code in an encoded form, decoded.

use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Reads base 64 with and without the padding at its end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Shortest encoded text that is looked at: a shebang.
const SHORTEST: usize = 8;
/// Most bytes that a compressed text is unpacked to; user data is at most 16 KB before it is compressed.
const MOST_UNPACKED: u64 = 1 << 20;

/// What a value turns out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text.
    pub text: String,
}

/// The text that a value encodes in base 64, perhaps compressed; `None` when it encodes none.
pub fn decoded(value: &str) -> Option<Decoded> {
    let value = value.trim();
    if value.len() < SHORTEST {
        return None;
    }
    let bytes = if value.contains(['\n', '\r', ' ']) {
        let packed: String = value.split_ascii_whitespace().collect();
        BASE64.decode(packed)
    } else {
        BASE64.decode(value)
    }
    .ok()?;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice())
            .take(MOST_UNPACKED + 1)
            .read_to_end(&mut unpacked)
            .ok()?;
        if u64::try_from(unpacked.len()).is_ok_and(|length| length > MOST_UNPACKED) {
            return None;
        }
        unpacked
    } else {
        bytes
    };
    let text = String::from_utf8(bytes).ok()?;
    let is_readable = !text.is_empty()
        && text
            .chars()
            .all(|character| !character.is_control() || matches!(character, '\n' | '\r' | '\t'));
    is_readable.then_some(Decoded { text })
}

/// Keys under which code stands that is run as it is, or that decides what is run.
const CODE_KEYS: [&str; 33] = [
    "UserData",
    "userData",
    "ZipFile",
    "BuildSpec",
    "InlineCode",
    "Script",
    "ScriptText",
    "Definition",
    "DefinitionString",
    "DefinitionBody",
    "FunctionCode",
    "RequestMappingTemplate",
    "ResponseMappingTemplate",
    "TemplateBody",
    "Template",
    "BootstrapScript",
    "BootstrapActions",
    "OnCreate",
    "OnStart",
    "Recipe",
    "ConfigContent",
    "BotLocales",
    "CustomData",
    "Content",
    "Body",
    "Code",
    "Command",
    "Commands",
    "EntryPoint",
    "PolicyText",
    "RuleText",
    "StartupScript",
    "content",
];

/// Whether code stands under this key.
pub(super) fn is_code_key(key: &str) -> bool {
    CODE_KEYS.contains(&key)
}

/// Signs of code, in any language.
const SIGNS: [&str; 38] = [
    "#!",
    "#cloud-config",
    "<powershell>",
    "<script>",
    "Content-Type: multipart",
    "|sh",
    "| sh",
    "|bash",
    "| bash",
    "curl ",
    "wget ",
    "import ",
    "require(",
    "eval(",
    "eval ",
    "exec(",
    "exec ",
    "os.system",
    "subprocess",
    "$(",
    "&&",
    "function ",
    "function(",
    "=>",
    "def ",
    "aws ",
    "sudo ",
    "chmod ",
    "python",
    "node ",
    "Invoke-",
    "iex ",
    "#include",
    "arn:aws:states",
    "arn:aws:lambda",
    "; ",
    "/bin/",
    "kubectl ",
];

/// Whether a text looks like code.
pub(in crate::domain) fn is_code(text: &str) -> bool {
    let text = text.trim();
    SIGNS.iter().any(|sign| text.contains(sign)) || (text.contains('\n') && !text.starts_with("-----BEGIN "))
}
