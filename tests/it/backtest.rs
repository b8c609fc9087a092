//! The labelled days through the detector.

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

/// What is reached, so that it is not lost; the aim is all outages of ten minutes or more, within five minutes of the first report.
#[test]
fn labelled_outages_are_found_and_quiet_days_are_quiet() {
    let lines = lines();
    let summary = &lines.last().expect("a summary")["summary"];
    assert!(summary["days"].as_u64().unwrap() >= 40 && summary["quiet_days"].as_u64().unwrap() >= 20, "{summary}");
    assert!(summary["recall"].as_f64().unwrap() >= 0.55, "{summary}");
    assert!(summary["precision"].as_f64().unwrap() >= 0.9, "{summary}");
    let quiet = |line: &&Value| line["day"].as_str().is_some_and(|day| day.starts_with('q'));
    let alarms: Vec<&Value> = lines.iter().filter(|line| line["result"] == "false_alarm").filter(quiet).collect();
    assert_eq!(alarms, Vec::<&Value>::new());
}
