//! A small tree of XML, by local names: for feeds with extensions that a feed reader drops.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::ReadError;

/// Deeper nesting is an attack, not a feed.
const DEEPEST: usize = 64;

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
                    return Err(damaged("more than 64 nested elements", at));
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

fn top(stack: &mut [Node]) -> &mut Node {
    stack.last_mut().expect("the root is never popped")
}
