//! `snap completions`.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::run::snap;

const COMMANDS: [&str; 10] = [
    "sign",
    "verify",
    "explain",
    "sandbox",
    "clock",
    "fault",
    "trigger",
    "listen",
    "resend",
    "completions",
];

#[test]
fn every_shell_gets_a_script_that_names_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = snap(&["completions", shell]).run();

        assert_eq!((ran.code, &*ran.stderr), (0, ""));
        for command in COMMANDS {
            assert!(ran.stdout.contains(command), "{shell}: {command}");
        }
        assert!(ran.stdout.contains("body-file"), "{shell}: an option");
    }
}

#[test]
fn no_command_is_missing_from_this_list() {
    let help = snap(&["--help"]).run().stdout;
    let commands = help.split("Commands:").nth(1).unwrap();
    let commands = commands.split("Options:").next().unwrap();
    let names = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();

    assert_eq!(names, COMMANDS);
}

#[test]
fn the_readme_shows_every_command() {
    let readme = include_str!("../../README.md");

    for command in COMMANDS {
        assert!(readme.contains(&format!("snap {command}")), "{command}");
    }
}

#[test]
fn bash_understands_its_script() {
    let script = snap(&["completions", "bash"]).run().stdout;
    let bash = Command::new("bash")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut bash = bash.expect("bash");

    bash.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();

    let checked = bash.wait_with_output().unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
}

#[test]
fn json_holds_the_script_and_an_unknown_shell_is_refused() {
    let json = snap(&["completions", "fish", "--json"]).run().json();

    assert_eq!(json["shell"], "fish");
    assert!(
        json["script"]
            .as_str()
            .unwrap()
            .contains("complete -c snap")
    );
    snap(&["completions", "--json", "csh"])
        .run()
        .refused("the value of <SHELL>");
}
