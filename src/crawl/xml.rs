//! A small tree of XML, by local names: for feeds with extensions that a feed reader drops.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::ReadError;

/// Deeper nesting is an attack, not a feed.
const DEEPEST: usize = 100;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

impl Node {
    pub(super) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// All elements of a name, at any depth.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> Vec<&'a Node> {
        let mut found: Vec<&Node> = self.children.iter().filter(|child| child.name == name).collect();
        for child in &self.children {
            found.extend(child.all(name));
        }
        found
    }
}

/// Reads a document; entities that it defines itself are not expanded.
pub(super) fn read(text: &str) -> Result<Node, ReadError> {
    let mut reader = Reader::from_str(text);
    let mut stack = vec![Node::default()];
    let damaged = |what: &str, at: u64| ReadError::Damaged(format!("{what} at byte {at}"));
    loop {
        let at = reader.buffer_position();
        match reader.read_event().map_err(|error| damaged(&error.to_string(), at))? {
            Event::Start(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                if stack.len() > DEEPEST {
                    return Err(ReadError::Hostile(format!("more than {DEEPEST} nested elements at byte {at}")));
                }
                stack.push(Node { name, ..Node::default() });
            }
            Event::Empty(tag) => {
                let name = tag.local_name().as_ref().to_owned();
                top(&mut stack).children.push(Node { name, ..Node::default() });
            }
            Event::End(_) => {
                let Some(node) = stack.pop().filter(|_| !stack.is_empty()) else {
                    return Err(damaged("an end tag too many", at));
                };
                top(&mut stack).children.push(node);
            }
            Event::Text(part) => top(&mut stack).text.push_str(&part),
            Event::CData(part) => top(&mut stack).text.push_str(&part),
            Event::GeneralRef(name) => {
                top(&mut stack).text.push_str(&format!("&{};", &*name));
            }
            Event::Eof if stack.len() > 1 => return Err(damaged("the end came early", at)),
            Event::Eof => return Ok(stack.remove(0)),
            _ => {}
        }
    }
}

/// Refuses text nested deeper than any feed: parsers would have to hold each level. Looks at brackets only, so that it
/// costs little; markup in CDATA and comments does not count.
pub(super) fn shallow(text: &str) -> Result<(), ReadError> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    let find = |from: usize, mark: &str| memchr::memmem::find(&bytes[from..], mark.as_bytes()).map(|gap| from + gap);
    while let Some(gap) = memchr::memchr(b'<', &bytes[at..]) {
        let open = at + gap;
        let rest = &bytes[open + 1..];
        if rest.starts_with(b"![CDATA[") {
            at = find(open, "]]>").map_or(bytes.len(), |end| end + 3);
            continue;
        }
        if rest.starts_with(b"!--") {
            at = find(open, "-->").map_or(bytes.len(), |end| end + 3);
            continue;
        }
        let end = memchr::memchr(b'>', rest).map_or(bytes.len(), |gap| open + 1 + gap);
        match rest.first() {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') | None => {}
            Some(_) if bytes.get(end - 1) == Some(&b'/') => {}
            Some(_) => depth += 1,
        }
        if depth > DEEPEST {
            return Err(ReadError::Hostile(format!("more than {DEEPEST} nested elements at byte {open}")));
        }
        at = (end + 1).min(bytes.len());
    }
    Ok(())
}

fn top(stack: &mut [Node]) -> &mut Node {
    stack.last_mut().expect("the root is never popped")
}
