//! Signing in with a token, and how pages look: cookies, set by links and forms that work without script.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::http::Shared;
use crate::http::access::{COOKIE, is_own};
use crate::http::api::given;
use crate::http::problem::Problem;
use crate::http::view::View;

const YEAR: u32 = 365 * 86_400;

/// A place of ours, never of another site.
fn home(back: &str) -> &str {
    let own =
        back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n', '\t']) && back.is_ascii();
    if own { back } else { "/" }
}

#[derive(Default, Deserialize)]
pub(super) struct Look {
    lang: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

pub(super) async fn set(query: Result<Query<Look>, QueryRejection>) -> Result<Response, Problem> {
    let look = given(query)?;
    let mut cookies = Vec::new();
    let mut keep = |name: &str, value: &str, lasts: u32| {
        cookies.push((header::SET_COOKIE, format!("{name}={value}; Path=/; Max-Age={lasts}; SameSite=Lax")));
    };
    match look.lang.as_deref() {
        Some(lang @ ("ko" | "en")) => keep("lang", lang, YEAR),
        Some(_) => keep("lang", "", 0),
        None => {}
    }
    match look.theme.as_deref() {
        Some(theme @ ("dark" | "light")) => keep("theme", theme, YEAR),
        Some(_) => keep("theme", "", 0),
        None => {}
    }
    Ok((AppendHeaders(cookies), Redirect::to(home(&look.back))).into_response())
}

#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    back: String,
}

pub(super) async fn page(
    State(shared): State<Shared>,
    view: View,
    headers: HeaderMap,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Problem> {
    Ok(form(&shared, &view, &headers, &given(query)?.back, false))
}

fn form(shared: &Shared, view: &View, headers: &HeaderMap, back: &str, wrong: bool) -> Markup {
    let title = view.pick("로그인", "Sign in");
    let caller = shared.access.caller(headers);
    let body = html! {
        div.lone {
            h1 { (title) }
            @if let Some(token) = caller {
                p { (view.pick("지금은 ", "You are ")) b { (crate::http::outside::said(&token.name)) } (view.pick(" 토큰으로 로그인되어 있습니다.", ".")) }
                p.small { (view.pick("권한", "Scopes")) ": " (token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")) }
                form method="post" action="/logout" { button { (view.pick("로그아웃", "Sign out")) } }
            } @else {
                @if !shared.access.has_tokens() {
                    p { (view.pick("설정된 토큰이 없습니다. 다음 명령으로 만들 수 있습니다.", "No token is configured. This makes one:")) }
                    p { code { "meoktong config token NAME --scope incidents" } }
                }
                form.stack method="post" action="/login" {
                    input type="hidden" name="back" value=(home(back));
                    label for="token" { (view.pick("토큰", "Token")) }
                    input #token type="password" name="token" required autocomplete="current-password" aria-invalid=[wrong.then_some("true")] aria-describedby=[wrong.then_some("wrong")];
                    @if wrong { p.wrong #wrong role="alert" { (view.pick("이 토큰은 알지 못합니다.", "This token is not known.")) } }
                    button { (title) }
                }
            }
        }
    };
    view.page(title, false, &body)
}

#[derive(Deserialize)]
pub(super) struct Given {
    token: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn enter(
    State(shared): State<Shared>,
    view: View,
    headers: HeaderMap,
    given: Result<Form<Given>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(given) = given?;
    if !is_own(&headers) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "sign in from the dashboard's own page"));
    }
    if shared.access.find(&given.token).is_none() {
        let page = form(&shared, &view, &HeaderMap::new(), &given.back, true);
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    }
    let secure = if headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https") { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}", given.token, 30 * 86_400);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(home(&given.back))).into_response())
}

pub(super) async fn leave() -> Response {
    let cookie = format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

#[cfg(test)]
mod tests {
    use super::home;

    #[test]
    fn one_comes_back_to_our_own_pages_only() {
        assert_eq!(home("/incidents?after=1"), "/incidents?after=1");
        for bad in ["//b.example", "https://b.example", "/\\b.example", "javascript:x", "", "/a\r\nSet-Cookie: x=y"] {
            assert_eq!(home(bad), "/", "{bad:?}");
        }
    }
}
