//! Pages: newest first, `nextToken` says how many older items are left.

use serde_json::Value;

use crate::codepipeline::error::ApiError;

/// One page of a list, and the token of the next.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<Value>,
}

/// Cuts the page that a request asks for out of a whole list. What is added to the front of the list meanwhile does
/// not shift later pages: a token counts from the end.
pub(super) fn page<T>(
    list: Vec<T>,
    scope: &str,
    token: Option<&str>,
    max: Option<usize>,
    (standard, most): (usize, usize),
) -> Result<Page<T>, ApiError> {
    let size = max.unwrap_or(standard);
    if !(1..=most).contains(&size) {
        return Err(ApiError::validation(format!(
            "maxResults is {size}; it must be from 1 to {most}"
        )));
    }
    let left = match token {
        None => list.len(),
        Some(token) => decode(scope, token)
            .filter(|left| *left <= list.len())
            .ok_or_else(|| ApiError::new("InvalidNextTokenException", "The next token is not one of this list"))?,
    };
    let skip = list.len() - left;
    let items: Vec<T> = list.into_iter().skip(skip).take(size).collect();
    let rest = left - items.len();
    let next = (rest > 0).then(|| Value::from(encode(scope, rest)));
    Ok(Page { items, next })
}

fn encode(scope: &str, left: usize) -> String {
    hex::encode(format!("{scope}\n{left}"))
}

fn decode(scope: &str, token: &str) -> Option<usize> {
    let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
    let (for_scope, left) = text.rsplit_once('\n')?;
    if for_scope == scope { left.parse().ok() } else { None }
}
