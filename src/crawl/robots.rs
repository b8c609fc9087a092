//! What a site's robots.txt allows us.

use texting_robots::Robot;

/// Parsed rules, or the verdict of a missing file (RFC 9309: 4xx allows everything, 5xx and silence nothing).
pub enum Rules {
    /// A file that was read.
    Read(Box<Robot>),
    /// There is none.
    AllowAll,
    /// The site cannot say now.
    DisallowAll,
}

/// Larger files are cut, as RFC 9309 allows.
const LONGEST: usize = 500 * 1024;

impl Rules {
    /// Reads a file for our agent name.
    #[must_use]
    pub fn read(agent: &str, text: &[u8]) -> Self {
        match Robot::new(agent, &text[..text.len().min(LONGEST)]) {
            Ok(robot) => Rules::Read(Box::new(robot)),
            Err(_) => Rules::AllowAll,
        }
    }

    /// Whether a URL may be fetched.
    #[must_use]
    pub fn allows(&self, url: &str) -> bool {
        match self {
            Rules::Read(robot) => robot.allowed(url),
            Rules::AllowAll => true,
            Rules::DisallowAll => false,
        }
    }

    /// Seconds that the site wants between two requests; thirty at most.
    #[must_use]
    pub fn delay_seconds(&self) -> Option<f32> {
        match self {
            Rules::Read(robot) => robot.delay.map(|delay| delay.clamp(0.0, 30.0)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_wins_and_no_file_allows() {
        let rules = Rules::read("meoktong", b"User-agent: *\nDisallow: /news\nAllow: /news/rss\nCrawl-delay: 2");
        assert!(!rules.allows("https://a.example/news/1"));
        assert!(rules.allows("https://a.example/news/rss.xml"));
        assert_eq!(rules.delay_seconds(), Some(2.0));
        assert!(Rules::AllowAll.allows("https://a.example/"));
        assert!(!Rules::DisallowAll.allows("https://a.example/"));
    }
}
