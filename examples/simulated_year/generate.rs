//! Draws a year of one service: chatter, press, reviews, search trends and notices, outages among them, and everything
//! that looks like an outage and is none. Re-implements the reference generator of the detector's design; only the
//! stream of random numbers differs. Times are minutes, minute 0 is a Monday 00:00 in Korea.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp, Gamma, Geometric, LogNormal, Normal, Poisson};

/// Weeks drawn; the first [`WARM`] hold neither outages nor noise and are not scored.
pub(crate) const WEEKS: usize = 56;
/// Weeks of warm-up.
pub(crate) const WARM: usize = 4;
const WEEK_MINUTES: f64 = 10_080.0;
/// Minutes drawn.
pub(crate) const END: f64 = WEEKS as f64 * WEEK_MINUTES;
const START: f64 = WARM as f64 * WEEK_MINUTES;
const HOURS: usize = WEEKS * 168;
/// Separation of the two kinds of documents on the scale of log odds.
const SEPARATION: f64 = 2.5;

/// What differs between sizes of service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// `L`, `M`, `S` or `XS`.
    pub(crate) name: &'static str,
    audience: f64,
    social_hour: f64,
    reviews_hour: f64,
    news_day: f64,
    newsworthy: f64,
    trend: f64,
    official: f64,
    trends_year: f64,
    policy_year: f64,
    bursts_year: f64,
}

/// The four sizes.
pub(crate) const SIZES: [Size; 4] = [
    size("L", [1.0, 6.0, 0.8, 2.0, 1.0, 1.0, 1.0, 8.0, 10.0, 6.0]),
    size("M", [0.25, 1.2, 0.2, 0.4, 0.75, 0.6, 0.9, 3.0, 3.0, 4.0]),
    size("S", [0.06, 0.2, 0.04, 0.08, 0.45, 0.2, 0.6, 0.7, 0.5, 2.0]),
    size("XS", [0.015, 0.03, 0.008, 0.02, 0.25, 0.05, 0.4, 0.2, 0.1, 0.7]),
];

const fn size(name: &'static str, v: [f64; 10]) -> Size {
    Size {
        name,
        audience: v[0],
        social_hour: v[1],
        reviews_hour: v[2],
        news_day: v[3],
        newsworthy: v[4],
        trend: v[5],
        official: v[6],
        trends_year: v[7],
        policy_year: v[8],
        bursts_year: v[9],
    }
}

/// Classes of outage by length.
pub(crate) const CLASSES: [&str; 5] = ["micro", "small", "medium", "large", "mega"];

#[derive(Debug, Clone, Copy)]
struct Class {
    a_year: f64,
    minutes: (f64, f64),
    uniform: bool,
    posts: (f64, f64),
    news: f64,
    stories: f64,
    trend: f64,
    official: f64,
    follow: f64,
}

const OUTAGES: [Class; 5] = [
    class(4.0, (5.0, 15.0), true, (0.5, 3.0), [0.10, 1.0, 0.15, 0.10, 0.0]),
    class(4.0, (15.0, 60.0), true, (2.0, 10.0), [0.50, 3.0, 0.60, 0.50, 0.0]),
    class(3.0, (60.0, 240.0), false, (6.0, 40.0), [0.95, 15.0, 0.95, 0.90, 6.0]),
    class(1.0, (240.0, 1440.0), false, (20.0, 120.0), [1.0, 60.0, 1.0, 1.0, 25.0]),
    class(0.25, (1440.0, 7650.0), false, (60.0, 300.0), [1.0, 400.0, 1.0, 1.0, 150.0]),
];

const fn class(a_year: f64, minutes: (f64, f64), uniform: bool, posts: (f64, f64), rest: [f64; 5]) -> Class {
    Class {
        a_year,
        minutes,
        uniform,
        posts,
        news: rest[0],
        stories: rest[1],
        trend: rest[2],
        official: rest[3],
        follow: rest[4],
    }
}

const BUSINESS: [f64; 24] = [
    0.25, 0.15, 0.1, 0.08, 0.1, 0.2, 0.5, 1.0, 1.5, 1.8, 1.8, 1.7, 1.5, 1.7, 1.7, 1.7, 1.6, 1.5, 1.3, 1.2, 1.1, 1.0,
    0.8, 0.5,
];
const LEISURE: [f64; 24] = [
    0.8, 0.5, 0.3, 0.2, 0.15, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.1, 1.3, 1.1, 1.0, 1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 1.9, 1.8,
    1.3,
];
const DESK: [f64; 24] = [
    0.15, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.5, 1.8, 2.0, 2.0, 1.8, 1.5, 1.6, 1.8, 1.8, 1.7, 1.5, 1.2, 0.8, 0.6, 0.5, 0.4,
    0.25,
];

/// Kinds of source, in the detector's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Posts.
    Social,
    /// Reviews, shown on the half hour.
    Reviews,
    /// Articles.
    News,
    /// Ranks.
    Trends,
    /// Notices.
    Official,
}

/// One document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    /// Minute in which the collector has it.
    pub(crate) arrival: f64,
    /// Minute of publication.
    pub(crate) published: f64,
    /// Kind of source.
    pub(crate) channel: Channel,
    /// Log odds of "reports a current outage", as the analysis would give them.
    pub(crate) odds: f64,
    /// Story; copies share it.
    pub(crate) story: u32,
    /// Why it was written; never shown to the detector.
    pub(crate) why: &'static str,
}

/// One outage as it happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Truth {
    /// First minute.
    pub(crate) start: f64,
    /// Last minute.
    pub(crate) end: f64,
    /// Place in [`CLASSES`].
    pub(crate) class: usize,
    /// First post that tells of it.
    pub(crate) first_post: f64,
}

/// A year.
#[derive(Debug, Clone, Default)]
pub(crate) struct Year {
    /// Documents in order of arrival.
    pub(crate) rows: Vec<Row>,
    /// What happened.
    pub(crate) truth: Vec<Truth>,
}

struct Draw {
    rng: StdRng,
    rows: Vec<Row>,
    stories: u32,
}

impl Draw {
    fn unit(&mut self) -> f64 {
        self.rng.random()
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    fn log_between(&mut self, (low, high): (f64, f64)) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        Normal::new(mean, deviation).expect("a finite deviation").sample(&mut self.rng)
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        Exp::new(1.0 / mean).expect("a positive mean").sample(&mut self.rng)
    }

    fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        Gamma::new(shape, scale).expect("positive parameters").sample(&mut self.rng)
    }

    fn poisson(&mut self, mean: f64) -> usize {
        if mean <= 0.0 {
            return 0;
        }
        let drawn: f64 = Poisson::new(mean).expect("a positive mean").sample(&mut self.rng);
        drawn as usize
    }

    /// Log odds of a document that looks like an outage, or like something else.
    fn odds(&mut self, outage: bool) -> f64 {
        let half = SEPARATION * SEPARATION / 2.0;
        self.normal(if outage { half } else { -half }, SEPARATION)
    }

    fn story(&mut self) -> u32 {
        self.stories += 1;
        self.stories
    }

    fn add(&mut self, at: f64, channel: Channel, odds: f64, why: &'static str) {
        let story = self.story();
        self.add_copy(at, channel, odds, story, why);
    }

    fn add_copy(&mut self, at: f64, channel: Channel, odds: f64, story: u32, why: &'static str) {
        if (0.0..END).contains(&at) {
            self.rows.push(Row { arrival: at, published: at, channel, odds, story, why });
        }
    }

    /// A press story with its copies, of which the detector of copies misses one in ten.
    fn press(&mut self, at: f64, outage: bool, why: &'static str) {
        let (story, odds) = (self.story(), self.odds(outage));
        self.add_copy(at, Channel::News, odds, story, why);
        let copies: u64 = Geometric::new(1.0 / 3.0).expect("a probability").sample(&mut self.rng);
        for _ in 0..copies {
            let of = if self.unit() < 0.9 { story } else { self.story() };
            let (later, odds) = (at + self.exponential(25.0), odds + self.normal(0.0, 0.5));
            self.add_copy(later, Channel::News, odds, of, why);
        }
    }

    /// A minute behind the warm-up, a week before the end.
    fn scored(&mut self) -> f64 {
        self.between(START, END - WEEK_MINUTES)
    }
}

fn week(day: &[f64; 24], weekend: f64) -> Vec<f64> {
    let week: Vec<f64> = (0..168).map(|hour| day[hour % 24] * if hour >= 120 { weekend } else { 1.0 }).collect();
    let mean = week.iter().sum::<f64>() / 168.0;
    week.into_iter().map(|value| value / mean).collect()
}

fn half_hour(at: f64) -> f64 {
    (at / 30.0).ceil() * 30.0
}

/// What is left out of a year.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Without {
    /// No outages.
    pub(crate) outages: bool,
    /// Chatter and stories only: no look-alike bursts, updates, policy days, spurious trends, notices.
    pub(crate) noise: bool,
}

/// A year of a service of this size.
pub(crate) fn year(size: &Size, seed: u64, without: Without) -> Year {
    let mut draw = Draw { rng: StdRng::seed_from_u64(seed), rows: Vec::new(), stories: 0 };
    let (profile, level) = rhythm(&mut draw);
    let phi = profile;
    chatter(&mut draw, size, &phi, &level);
    let truth = if without.outages { Vec::new() } else { outages(&mut draw, size, &phi) };
    if !without.noise {
        policy_days(&mut draw, size);
        look_alikes(&mut draw, size);
        updates(&mut draw, size, &phi);
        bleed(&mut draw, size, &phi);
        small_noise(&mut draw, size);
    }
    for _ in 0..if without.noise { 0 } else { draw.poisson(6.0) } {
        // The collector stands still: what was posted meanwhile arrives at once.
        let from = draw.scored();
        let to = from + draw.between(10.0, 60.0);
        let held = |row: &&mut Row| row.channel == Channel::Social && (from..to).contains(&row.published);
        draw.rows.iter_mut().filter(held).for_each(|row| row.arrival = to);
    }
    draw.rows.sort_by(|a, b| a.arrival.total_cmp(&b.arrival));
    Year { rows: draw.rows, truth }
}

/// Activity by hour, holidays included, and the slow drift of the level.
fn rhythm(draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
    let (business, leisure) = (week(&BUSINESS, 0.6), week(&LEISURE, 1.15));
    let share = draw.unit();
    let mut profile: Vec<f64> =
        business.iter().zip(&leisure).map(|(business, leisure)| (1.0 - share) * business + share * leisure).collect();
    let mean = profile.iter().sum::<f64>() / 168.0;
    profile.iter_mut().for_each(|value| *value /= mean);
    let mut phi: Vec<f64> = (0..HOURS).map(|hour| profile[hour % 168]).collect();
    let mut holidays = std::collections::BTreeSet::new();
    while holidays.len() < 15 {
        holidays.insert(draw.rng.random_range(WARM * 7..WEEKS * 7));
    }
    for day in holidays {
        for hour in 0..24 {
            phi[day * 24 + hour] = profile[144 + hour] * 1.3;
        }
    }
    let days = WEEKS * 7;
    let mut drift = vec![draw.normal(0.0, 0.25)];
    while drift.len() < days {
        let next = 0.97 * drift[drift.len() - 1] + draw.normal(0.0, 0.25 * (1.0_f64 - 0.97 * 0.97).sqrt());
        drift.push(next);
    }
    for _ in 0..2 {
        let (from, jump) = (draw.rng.random_range(WARM * 7..days), draw.between(0.7, 1.5).ln());
        drift[from..].iter_mut().for_each(|value| *value += jump);
    }
    (phi, drift.into_iter().map(f64::exp).collect())
}

fn chatter(draw: &mut Draw, size: &Size, phi: &[f64], level: &[f64]) {
    for (channel, rate, shape) in [(Channel::Social, size.social_hour, 4.0), (Channel::Reviews, size.reviews_hour, 3.0)]
    {
        for (hour, phi) in phi.iter().enumerate() {
            let mean = rate * phi * level[hour / 24] * draw.gamma(shape, 1.0 / shape);
            for _ in 0..draw.poisson(mean) {
                let at = hour as f64 * 60.0 + draw.between(0.0, 60.0);
                let outage = draw.unit() < 0.6;
                let odds = draw.odds(outage);
                draw.add(if channel == Channel::Reviews { half_hour(at) } else { at }, channel, odds, "base");
            }
        }
    }
    let desk = week(&DESK, 0.45);
    for hour in 0..HOURS {
        let mean = size.news_day / 24.0 * desk[hour % 168] * level[hour / 24].sqrt() * draw.gamma(2.0, 0.5);
        for _ in 0..draw.poisson(mean) {
            let (at, outage) = (hour as f64 * 60.0 + draw.between(0.0, 60.0), draw.unit() < 0.05);
            draw.press(at, outage, "base");
        }
    }
}

fn outages(draw: &mut Draw, size: &Size, phi: &[f64]) -> Vec<Truth> {
    let total: f64 = phi.iter().sum();
    let mut planned: Vec<(f64, f64, usize, f64)> = Vec::new();
    for (place, class) in OUTAGES.iter().enumerate() {
        let count = if class.a_year >= 1.0 { class.a_year as usize } else { usize::from(draw.unit() < class.a_year) };
        for _ in 0..count {
            let (low, high) = class.minutes;
            let minutes = if class.uniform { draw.between(low, high) } else { draw.log_between((low, high)) };
            for _ in 0..200 {
                let hour = if draw.unit() < 0.7 {
                    let mut left = draw.unit() * total;
                    phi.iter().position(|phi| {
                        left -= phi;
                        left <= 0.0
                    })
                } else {
                    Some(draw.rng.random_range(0..HOURS))
                };
                let at = hour.unwrap_or(HOURS - 1) as f64 * 60.0 + draw.between(0.0, 60.0);
                let inside = at >= START && at + minutes <= END - WEEK_MINUTES;
                // Three days apart, so that it is clear which one was found.
                let apart =
                    |other: &(f64, f64, usize, f64)| at + minutes + 4320.0 < other.0 || at > other.0 + other.1 + 4320.0;
                if inside && planned.iter().all(apart) {
                    let posts = draw.log_between(class.posts);
                    planned.push((at, minutes, place, posts));
                    break;
                }
            }
        }
    }
    planned.sort_by(|a, b| a.0.total_cmp(&b.0));
    planned.into_iter().map(|(at, minutes, class, posts)| outage(draw, size, phi, at, minutes, class, posts)).collect()
}

fn outage(draw: &mut Draw, size: &Size, phi: &[f64], start: f64, minutes: f64, place: usize, posts: f64) -> Truth {
    let class = &OUTAGES[place];
    let lag = draw.between(1.0, 3.0);
    let decay = (0.4 * minutes).max(30.0);
    let blocks = ((minutes + 120.0) / 5.0) as usize + 1;
    let frailty: Vec<f64> = (0..blocks).map(|_| draw.gamma(5.0, 0.2)).collect();
    let mut first_post = f64::INFINITY;
    let mut minute = 0.0;
    while minute < minutes + 90.0 {
        let since = minute - lag;
        let mut rate =
            if since > 0.0 { (1.0 - (-since / 4.0_f64).exp()) * (0.2 + 0.8 * (-since / decay).exp()) } else { 0.0 };
        if minute > minutes {
            rate *= (-(minute - minutes) / 12.0).exp();
        }
        let hour = (((start + minute) / 60.0) as usize).min(HOURS - 1);
        let mean = posts * size.audience * phi[hour] * rate * frailty[(minute / 5.0) as usize];
        for _ in 0..draw.poisson(mean) {
            let (at, odds) = (start + minute + draw.unit(), draw.odds(true));
            first_post = first_post.min(at);
            draw.add(at, Channel::Social, odds, "outage");
        }
        for _ in 0..draw.poisson(0.04 * mean) {
            let (at, odds) = (half_hour(start + minute + draw.exponential(20.0)), draw.odds(true));
            draw.add(at, Channel::Reviews, odds, "outage");
        }
        minute += 1.0;
    }
    let hour = (start / 60.0) as usize % 24;
    let night = !(7..23).contains(&hour);
    let sure = |p: f64| if place >= 3 { p.max(0.9) } else { p };
    if draw.unit() < sure(class.news * size.newsworthy) {
        let first = start + if night { draw.between(20.0, 60.0) } else { draw.between(10.0, 30.0) };
        draw.press(first, first < start + minutes + 30.0, "outage");
        for _ in 0..draw.poisson(class.stories * size.newsworthy) {
            let at = first + draw.exponential((minutes / 2.0).max(30.0));
            if at < start + minutes + 240.0 {
                let why = if at < start + minutes + 60.0 { "outage" } else { "follow" };
                draw.press(at, at < start + minutes + 30.0, why);
            }
        }
    }
    if draw.unit() < (class.trend * size.trend).min(1.0) {
        let at = ((start + draw.between(5.0, 15.0)) / 5.0).ceil() * 5.0;
        if at < start + minutes + 30.0 {
            draw.add(at, Channel::Trends, 3.0, "outage");
            let again = at + draw.between(5.0, 15.0);
            draw.add(again, Channel::Trends, 3.0, "outage");
        }
    }
    if draw.unit() < sure(class.official * size.official) {
        let after: f64 = LogNormal::new(40.0_f64.ln(), 0.6).expect("a finite deviation").sample(&mut draw.rng);
        if after.max(8.0) < minutes {
            draw.add(start + after.max(8.0), Channel::Official, 4.0, "outage");
        }
    }
    for _ in 0..if class.follow > 0.0 { draw.poisson(class.follow * size.newsworthy) } else { 0 } {
        let at = start + minutes + 60.0 + draw.exponential(4320.0);
        draw.press(at, false, "follow");
        echoes(draw, at, 4.0 * size.audience, "follow");
    }
    Truth { start, end: start + minutes, class: place, first_post }
}

/// Posts that talk about an article.
fn echoes(draw: &mut Draw, at: f64, mean: f64, why: &'static str) {
    for _ in 0..draw.poisson(mean) {
        let (later, odds) = (at + draw.exponential(45.0), draw.odds(false));
        draw.add(later, Channel::Social, odds, why);
    }
}

/// Anniversaries, hearings, new rules: a day full of articles.
fn policy_days(draw: &mut Draw, size: &Size) {
    for _ in 0..draw.poisson(size.policy_year) {
        let day = (draw.scored() / 1440.0).floor() * 1440.0;
        for _ in 0..draw.poisson(12.0) {
            let at = day + draw.between(540.0, 1140.0);
            draw.press(at, false, "policy");
            echoes(draw, at, 1.5 * size.audience.sqrt(), "policy");
        }
    }
}

/// A flood of posts with the same words about something else, such as a game.
fn look_alikes(draw: &mut Draw, size: &Size) {
    for _ in 0..draw.poisson(size.bursts_year) {
        let (from, length) = (draw.scored(), draw.between(20.0, 120.0));
        let posts = (draw.between(20.0, 150.0) * size.audience.sqrt()) as usize;
        for _ in 0..posts {
            let outage = draw.unit() < 0.15;
            let (at, odds) = (from + draw.between(0.0, length), draw.odds(outage));
            draw.add(at, Channel::Social, odds, "game");
        }
    }
}

/// A bad version of the app: two days of complaints.
fn updates(draw: &mut Draw, size: &Size, phi: &[f64]) {
    for _ in 0..draw.poisson(4.0) {
        let from = draw.scored();
        for (channel, rate) in [(Channel::Reviews, size.reviews_hour * 8.0), (Channel::Social, size.social_hour * 2.0)]
        {
            for minute in 0..2880 {
                let minute = f64::from(minute);
                let hour = (((from + minute) / 60.0) as usize).min(HOURS - 1);
                for _ in 0..draw.poisson(rate / 60.0 * phi[hour] * (-minute / 960.0).exp()) {
                    let (at, odds) = (from + minute + draw.unit(), draw.normal(0.0, SEPARATION));
                    draw.add(if channel == Channel::Reviews { half_hour(at) } else { at }, channel, odds, "update");
                }
            }
        }
    }
}

/// A carrier's trouble told in this service's name.
fn bleed(draw: &mut Draw, size: &Size, phi: &[f64]) {
    for _ in 0..draw.poisson(1.5) {
        let (from, length) = (draw.scored(), draw.between(20.0, 90.0));
        let posts = draw.log_between((0.2, 1.0)) * size.audience;
        for minute in 0..length.ceil() as usize {
            let minute = minute as f64;
            let hour = (((from + minute) / 60.0) as usize).min(HOURS - 1);
            for _ in 0..draw.poisson(posts * phi[hour]) {
                let (at, odds) = (from + minute + draw.unit(), draw.odds(true));
                draw.add(at, Channel::Social, odds, "bleed");
            }
        }
    }
}

/// Spurious ranks and notices of planned work, one in fifty of which is misread.
fn small_noise(draw: &mut Draw, size: &Size) {
    for _ in 0..draw.poisson(size.trends_year) {
        let at = (draw.scored() / 5.0).ceil() * 5.0;
        draw.add(at, Channel::Trends, 3.0, "trend");
        if draw.unit() < 0.3 {
            draw.add(at + 10.0, Channel::Trends, 3.0, "trend");
        }
    }
    for _ in 0..draw.poisson(12.0) {
        let at = draw.scored();
        let odds = if draw.unit() < 0.02 { 4.0 } else { -6.0 };
        draw.add(at, Channel::Official, odds, "maintenance");
    }
}
