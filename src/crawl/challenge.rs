//! Pages that a guard before a site answers in the site's place, often with status 200.

/// Marks of guards, and how we name them. Each mark stands in the guard's own page, not in text about it.
const MARKS: [(&str, &str); 20] = [
    ("/cdn-cgi/challenge-platform/", "a Cloudflare challenge"),
    ("<title>just a moment...</title>", "a Cloudflare challenge"),
    ("cf-browser-verification", "a Cloudflare challenge"),
    ("<title>attention required! | cloudflare</title>", "a Cloudflare block"),
    ("_incapsula_resource", "an Imperva challenge"),
    ("px-captcha", "a PerimeterX challenge"),
    ("captcha-delivery.com", "a DataDome challenge"),
    ("awswafcookiedomainlist", "an AWS WAF challenge"),
    ("/_sec/cp_challenge/", "an Akamai challenge"),
    ("errors.edgesuite.net", "an Akamai block"),
    ("ddos-guard", "a DDoS-Guard challenge"),
    ("slowaes.decrypt", "a cookie challenge"),
    ("자동등록방지", "a captcha page"),
    ("자동입력 방지", "a captcha page"),
    ("보안문자를 입력", "a captcha page"),
    ("로봇이 아닙니다", "a captcha page"),
    ("비정상적인 접근", "a block page"),
    ("접근이 차단", "a block page"),
    ("비정상적인 트래픽", "a block page"),
    ("g-recaptcha", "a captcha page"),
];

/// Longer pages are articles: guards answer briefly. In characters.
const LONGEST: usize = 60_000;

/// Names the guard whose page this is; none when it looks like none.
#[must_use]
pub fn name(page: &str) -> Option<&'static str> {
    if page.len() > LONGEST {
        return None;
    }
    let lower = page.to_lowercase();
    if let Some((_, guard)) = MARKS.iter().find(|(mark, _)| lower.contains(mark)) {
        return Some(guard);
    }
    // A script that sets a cookie and loads the page again, and nothing else.
    let bare = lower.len() < 4000 && lower.contains("document.cookie") && lower.contains("location");
    (bare && !lower.contains("<item") && !lower.contains("<p")).then_some("a cookie challenge")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_are_named_and_articles_about_them_are_not() {
        let cloudflare = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>";
        assert_eq!(name(cloudflare), Some("a Cloudflare challenge"));
        assert_eq!(
            name("<html><script>document.cookie='a=1';location.reload()</script></html>"),
            Some("a cookie challenge")
        );
        assert_eq!(name("<html>보안문자를 입력해 주세요"), Some("a captcha page"));
        assert_eq!(name("<html><p>클라우드플레어 장애로 여러 누리집이 멈췄다. Just a moment 라는 화면이 떴다."), None);
        assert_eq!(name(""), None);
    }
}
