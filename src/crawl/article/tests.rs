use super::*;

fn at(html: &str, url: &str) -> Page {
    let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
    read(html, &Url::parse(url).unwrap(), Rules::bundled(), None, now)
}

fn article(html: &str) -> Option<Article> {
    at(html, "https://paper.example/news/articleView.html?idxno=1").article
}

#[test]
fn the_common_cms_of_small_papers() {
    let found = article(
        "<html><head><meta property=\"og:title\" content=\"카톡 먹통\"></head><body><h1 class=\"heading\">카톡 먹통</h1>\
         <ul class=\"breadcrumbs\"></ul><div class=\"info-group\"><ul class=\"breadcrumbs\"><li>입력 2026.03.09 09:20</li></ul></div>\
         <div id=\"article-view-content-div\"><figure><figcaption>사진</figcaption></figure><p>메시지 전송이 되지 않는 장애가 났다. 이용자들이 불편을 겪었다고 한다. 회사는 복구하고 있다.</p>\
         <p>원인은 조사 중이다.</p><script>ad()</script></div></body></html>",
    )
    .unwrap();
    assert_eq!(found.title, "카톡 먹통");
    assert_eq!(
        found.text,
        "메시지 전송이 되지 않는 장애가 났다. 이용자들이 불편을 겪었다고 한다. 회사는 복구하고 있다.\n원인은 조사 중이다."
    );
    assert_eq!(found.published.unwrap().at.to_rfc3339(), "2026-03-09T09:20:00+09:00");
    assert_eq!(found.by, By::Rule);
}

#[test]
fn linked_data_in_a_graph_and_korean_time_that_calls_itself_utc() {
    let html = "<script type=\"application/ld+json\">{\"@graph\":[{\"@type\":\"WebSite\"},{\"@type\":[\"NewsArticle\"],\
         \"headline\":\"토스 장애\",\"datePublished\":\"2026-03-09T00:20:00Z\",\"author\":[{\"name\":\"가 기자\"}]}]}</script><div class=\"x\"><p>송금이 \
         되지 않는다는 신고가 이어졌다. 회사는 확인하고 있다고 밝혔다. 더 알려진 것은 없다. 이용자들이 기다린다.</p></div>";
    let found = article(html).unwrap();
    assert_eq!(found.title, "토스 장애");
    assert!(found.text.starts_with("송금이"));
    assert_eq!(found.published.unwrap().at.to_rfc3339(), "2026-03-09T09:20:00+09:00");
    assert_eq!(found.author.as_deref(), Some("가 기자"));
    let lying = html.replace("<div class=\"x\">", "<span class=\"date\">입력 2026.03.09 00:20</span><div>");
    assert_eq!(article(&lying).unwrap().published.unwrap().at.to_rfc3339(), "2026-03-09T00:20:00+09:00");
}

#[test]
fn a_rule_that_no_longer_matches_is_drift_and_the_page_is_read_all_the_same() {
    let text = "송금이 되지 않는다는 신고가 이어졌다. 회사는 확인하고 있다고 밝혔다. 더 알려진 것은 없다. 이용자들이 불편을 겪고 있다.";
    let page =
        at(&format!("<h1>토스 장애</h1><div class=\"redesigned\"><p>{text}</p></div>"), "https://www.yna.co.kr/view/A");
    assert_eq!(page.drift.as_deref(), Some("yonhap"));
    assert_eq!(page.article.unwrap().text, text);
    let page = at(
        &format!("<h1 class=tit01>토스 장애</h1><div class=\"story-news article\"><p>{text}</p></div>"),
        "https://www.yna.co.kr/view/A",
    );
    assert_eq!((page.drift, page.article.unwrap().by), (None, By::Rule));
}

#[test]
fn headlines_lose_the_site_and_keep_their_dashes() {
    let title = |head: &str| {
        article(&format!("<head>{head}</head><article><p>{}</p></article>", "장애가 났다고 한다. ".repeat(12)))
            .unwrap()
            .title
    };
    assert_eq!(title("<title>카카오 - 네이버 동시 장애 | 가람일보</title>"), "카카오 - 네이버 동시 장애");
    assert_eq!(
        title("<meta property=og:site_name content=가람><meta property=og:title content='카톡 먹통 - 가람'>"),
        "카톡 먹통"
    );
    assert_eq!(title("<title>카톡 먹통 &lt; IT &lt; 기사본문 - 가람뉴스</title>"), "카톡 먹통");
}

#[test]
fn a_page_without_article_is_none() {
    assert_eq!(article("<html><body><script>location.reload()</script></body></html>"), None);
    assert_eq!(article(""), None);
    let deep = "<div>".repeat(20_000);
    assert_eq!(article(&deep), None);
}
