//! Who may read and write: tokens with scopes, of which only hashes are known here.

use std::fmt::Write as _;

use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::config::{Http, Scope, Token};

/// The cookie that holds a token in a browser.
pub(super) const COOKIE: &str = "meoktong_token";

/// What the configuration says of tokens.
#[derive(Debug, Clone, Default)]
pub(super) struct Access {
    tokens: Vec<Token>,
    protect_reads: bool,
}

/// SHA-256 in hex. A token has 256 bits of chance, so it needs no salt and no slow hash.
#[must_use]
pub fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A new token.
///
/// # Errors
/// When the system has no random bytes.
pub fn new_token() -> anyhow::Result<String> {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    Ok(format!("mkt_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
}

/// A cookie's value.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

impl Access {
    pub(super) fn new(http: &Http, tokens: &[Token]) -> Self {
        Self { tokens: tokens.to_vec(), protect_reads: http.protect_reads }
    }

    /// Whether reading needs a token.
    pub(super) fn protects_reads(&self) -> bool {
        self.protect_reads
    }

    /// Whether anybody could write.
    pub(super) fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// The entry of a token.
    pub(super) fn find(&self, token: &str) -> Option<&Token> {
        let hash = hash(token);
        self.tokens.iter().find(|known| known.sha256.eq_ignore_ascii_case(&hash))
    }

    /// Whose token a request carries: in its `Authorization`, else in the browser's cookie.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Option<&Token> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        self.find(bearer.or_else(|| cookie(headers, COOKIE))?)
    }

    /// The caller's name, if the scope is among those of its token.
    pub(super) fn require(&self, headers: &HeaderMap, scope: Scope) -> Result<String, Problem> {
        let Some(token) = self.caller(headers) else {
            let way =
                if self.has_tokens() { "" } else { "; none is configured: `meoktong config token NAME` makes one" };
            let detail = format!("this needs a token with scope {:?}{way}", scope.as_str());
            return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
        };
        if !token.scopes.contains(&scope) {
            let detail = format!("token {:?} lacks scope {:?}", token.name, scope.as_str());
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        if !headers.contains_key(header::AUTHORIZATION) && !is_own(headers) {
            let detail = "a browser may write from the dashboard's own pages only";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(token.name.clone())
    }
}

/// Whether a browser says that a request comes from a page of ours. The cookie is `SameSite=Strict` besides.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()) {
        return site == "same-origin" || site == "none";
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    fn access(token: &str) -> Access {
        let known = Token { name: "ops".into(), sha256: hash(token), scopes: vec![Scope::Incidents] };
        Access { tokens: vec![known], protect_reads: false }
    }

    #[test]
    fn a_token_opens_its_scopes_only() {
        let (token, other) = (new_token().unwrap(), new_token().unwrap());
        assert_ne!(token, other);
        let access = access(&token);
        let with = |token: &str| headers(&[("authorization", &format!("Bearer {token}"))]);
        assert_eq!(access.require(&with(&token), Scope::Incidents).unwrap(), "ops");
        assert_eq!(access.require(&with(&token), Scope::Alerts).unwrap_err().status, StatusCode::FORBIDDEN);
        assert_eq!(access.require(&with(&other), Scope::Incidents).unwrap_err().status, StatusCode::UNAUTHORIZED);
        assert_eq!(access.require(&HeaderMap::new(), Scope::Incidents).unwrap_err().status, StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn a_cookie_counts_from_our_own_pages_only() {
        let access = access("t");
        let cookie = ("cookie", "theme=dark; meoktong_token=t");
        let ask = |more: &[(&'static str, &str)]| {
            let all: Vec<_> = more.iter().copied().chain([cookie, ("host", "a.example")]).collect();
            access.require(&headers(&all), Scope::Incidents).is_ok()
        };
        assert!(ask(&[("sec-fetch-site", "same-origin")]));
        assert!(ask(&[("origin", "https://a.example")]));
        assert!(!ask(&[("sec-fetch-site", "cross-site")]));
        assert!(!ask(&[("origin", "https://b.example")]));
        assert!(!ask(&[]), "a page that says nothing of itself is not believed");
    }
}
