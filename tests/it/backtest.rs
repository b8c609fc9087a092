//! The labelled days: every outage of ten minutes or more is found, soon after its first report, and quiet days are quiet.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn lines() -> Vec<Value> {
    let days = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/days");
    let out = Command::new(env!("CARGO_BIN_EXE_meoktong"))
        .args(["backtest", "--format", "jsonl"])
        .arg(days)
        .output()
        .expect("the program runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_outage_of_the_labelled_days_is_found_and_quiet_days_are_quiet() {
    let lines = lines();
    let summary = &lines.last().expect("a summary")["summary"];
    assert!(summary["days"].as_u64().unwrap() >= 40 && summary["quiet_days"].as_u64().unwrap() >= 20, "{summary}");
    let missed: Vec<&Value> = lines
        .iter()
        .filter(|line| line["result"] == "missed" && line["minutes"].as_i64().is_none_or(|minutes| minutes >= 10))
        .collect();
    assert_eq!(missed, Vec::<&Value>::new());
    let alarms: Vec<&Value> = lines.iter().filter(|line| line["result"] == "false_alarm").collect();
    let quiet = |line: &&&Value| line["day"].as_str().is_some_and(|day| day.starts_with('q'));
    assert_eq!(alarms.iter().filter(quiet).collect::<Vec<_>>(), Vec::<&&Value>::new());
    assert!(summary["after_first_median"].as_i64().is_some_and(|minutes| minutes <= 5), "{summary}");
}
