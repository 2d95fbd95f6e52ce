//! Exit code 2: what was wrong, on one line, without a secret in it.

use crate::run::{SYMMETRIC, in_folder, sign_asymmetric, sign_symmetric, snap, testdata};

/// `snap sign symmetric` with one option changed.
#[track_caller]
fn refused_with(option: &str, value: &str, because: &str) {
    let mut arguments = [&["sign", "symmetric"], SYMMETRIC.as_slice()].concat();
    let at = arguments
        .iter()
        .position(|argument| *argument == option)
        .unwrap();
    arguments[at + 1] = value;

    snap(&arguments).with_credentials().run().refused(because);
}

#[test]
fn a_missing_variable_is_named() {
    snap(&[&["sign", "symmetric"], SYMMETRIC.as_slice()].concat())
        .env("TOKEN", "canary-token")
        .run()
        .refused("the environment variable SECRET (--secret-env) is not set");
    refused_with(
        "--token-env",
        "NO_SUCH_TOKEN",
        "the environment variable NO_SUCH_TOKEN",
    );
}

#[test]
fn a_secret_given_for_the_name_of_a_variable_is_not_repeated() {
    refused_with(
        "--secret-env",
        "SK-canary",
        "of --secret-env is not set; give its name",
    );
    refused_with(
        "--token-env",
        "eyJ.canary",
        "of --token-env is not set; give its name",
    );
    refused_with(
        "--secret-env",
        "123456",
        "of --secret-env is not set; give its name",
    );
}

#[test]
fn a_value_that_an_option_does_not_take_is_not_repeated() {
    sign_symmetric(&["--json=canary"])
        .run()
        .refused("the value of --json cannot be used");
    snap(&["sandbox", "--json", "--seed", "canary"])
        .run()
        .refused("the value of --seed <SEED> cannot be used");
    snap(&["sandbox", "--json", "--listen", "canary"])
        .run()
        .refused("the value of --listen <ADDR> cannot be used");
}

#[test]
fn what_can_be_given_instead_is_said() {
    snap(&["--json", "canary"])
        .run()
        .refused("`snap` takes sign, verify, explain");
    snap(&["trigger", "--json", "canary"])
        .run()
        .refused("`snap trigger` takes payment-succeeded");
    snap(&["fault", "--json", "canary"])
        .run()
        .refused("see `snap fault --help`");
    snap(&["sandbox", "--json", "--language", "canary"])
        .run()
        .refused("not one of node, python");
    snap(&["sandbox", "--json", "--listen", "4000"])
        .run()
        .refused("such as 127.0.0.1:8080; see `snap sandbox --help`");
    snap(&["resend", "--json", "canary"])
        .run()
        .refused("the value of <ID> cannot be used: invalid digit");
}

#[test]
fn an_empty_secret_is_refused() {
    let call = snap(&[&["sign", "symmetric"], SYMMETRIC.as_slice()].concat());

    call.env("TOKEN", "canary")
        .env("SECRET", "")
        .run()
        .refused("the client secret is empty");
}

#[test]
fn a_file_that_cannot_be_read_is_named_by_its_option() {
    sign_symmetric(&["--body-file", "/no/such/canary"])
        .run()
        .refused("the file of --body-file cannot be read: No such file");
    sign_asymmetric("/no/such/canary", &[])
        .run()
        .refused("the file of --key-file cannot be read");
}

#[test]
fn a_secret_file_that_is_not_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = in_folder(&folder, "token", b"canary\xff");
    let call = [
        "sign",
        "symmetric",
        "--json",
        "--token-file",
        &file,
        "--secret-env",
        "SECRET",
    ];
    let rest = &SYMMETRIC[1..7];

    let ran = snap(&[call.as_slice(), rest].concat())
        .with_credentials()
        .run();

    ran.refused("the file of --token-file is not UTF-8");
}

#[test]
fn only_one_input_can_be_standard_input() {
    let call = [
        "sign",
        "symmetric",
        "--json",
        "--token-file",
        "-",
        "--secret-file",
        "-",
    ];
    let rest = &SYMMETRIC[1..7];

    let ran = snap(&[call.as_slice(), rest].concat())
        .stdin("canary")
        .run();

    ran.refused("only one input can be `-` (standard input), not --token-file and --secret-file");
    sign_asymmetric("-", &["--passphrase-file", "-"])
        .run()
        .refused("not --key-file and --passphrase-file");
}

#[test]
fn a_method_is_written_in_upper_case() {
    for method in ["post", "Post", "", "POST ", "PO:ST"] {
        refused_with("--method", method, "written in upper case, such as POST");
    }
}

#[test]
fn a_path_starts_with_a_slash_and_has_no_host() {
    for path in [
        "snap/v1.1/balance-inquiry",
        "https://api.doku.com/snap/v1.1",
        "//api.doku.com/snap",
        "",
    ] {
        refused_with("--path", path, "without scheme and host");
    }
    refused_with(
        "--path",
        "/snap/v1.1/balance-inquiry\n",
        "holds no whitespace",
    );
}

#[test]
fn a_timestamp_of_another_form_is_refused_with_the_form() {
    for timestamp in [
        "2026-11-20",
        "2026-11-20 17:30:00+07:00",
        "20261120T173000Z",
        "",
        "now",
    ] {
        refused_with("--timestamp", timestamp, "YYYY-MM-DDTHH:mm:ss+07:00");
    }
    refused_with(
        "--timestamp",
        "2026-02-30T17:30:00Z",
        "an example is 2026-11-20T17:30:00+07:00",
    );
}

#[test]
fn a_malformed_body_is_refused_where_it_is_malformed() {
    let call = |body: &[u8]| sign_symmetric(&["--body-file", "-"]).stdin(body).run();

    call(b"{\"a\":\"\xff\"}").refused("the body is not UTF-8 from byte 6 on");
    call(b"{\"a\":\"canary}").refused("the string that starts at byte 5 of the body has no end");
    let verify = [&["verify", "symmetric"], SYMMETRIC.as_slice()].concat();
    let rest = ["--body-file", "-", "--signature", "x"];
    let judged = snap(&[verify.as_slice(), &rest].concat()).with_credentials();
    judged
        .stdin("\"")
        .run()
        .refused("the string that starts at byte 0");
}

#[test]
fn a_client_id_that_cannot_be_one_is_refused() {
    let key = testdata("keys/merchant.pkcs8.pem");
    let call = [
        "sign",
        "asymmetric",
        "--json",
        "--key-file",
        &key,
        "--client-id",
        "BRN|1",
    ];

    let ran = snap(&[call.as_slice(), &SYMMETRIC[5..7]].concat()).run();

    ran.refused("--client-id: the client id holds");
}

#[test]
fn a_file_that_holds_no_usable_key_is_explained() {
    for (file, because) in [
        (
            "keys/merchant.public.pem",
            "--key-file: this is a public key",
        ),
        ("keys/certificate.pem", "this is a certificate"),
        ("keys/ec.pkcs8.pem", "this is a key for EC"),
        ("keys/rsa-1024.pem", "the RSA key has 1024 bits"),
        ("keys/openssh.pem", "ssh-keygen -p -m PKCS8"),
        ("keys/README.md", "this is not PEM"),
        (
            "keys/merchant.pbes2-aes256.pem",
            "the key is protected by a passphrase; give it",
        ),
    ] {
        sign_asymmetric(&testdata(file), &[]).run().refused(because);
    }
    sign_asymmetric(
        &testdata("keys/merchant.pbes2-aes256.pem"),
        &["--passphrase-env", "P"],
    )
    .env("P", "canary")
    .run()
    .refused("--key-file: the passphrase does not open the key");
}

#[test]
fn a_private_key_cannot_stand_for_a_public_one() {
    let key = testdata("keys/merchant.pkcs8.pem");
    let call = [
        "verify",
        "asymmetric",
        "--json",
        "--client-id",
        "BRN-1",
        "--signature",
        "x",
    ];
    let rest = [
        "--public-key-file",
        &key,
        "--timestamp",
        "2026-11-20T17:30:00Z",
    ];

    let ran = snap(&[call.as_slice(), &rest].concat()).run();

    ran.refused("--public-key-file: this is a private key");
}

#[test]
fn arguments_that_are_not_understood_are_told_on_one_line() {
    snap(&["--json"]).run().refused("no command given");
    snap(&["sign", "--json", "nothing"])
        .run()
        .refused("unknown command");
    snap(&["sign", "symmetric", "--json"])
        .run()
        .refused("--token-env <NAME>|--token-file <FILE>");
    sign_symmetric(&["--token-file", "x"])
        .run()
        .refused("cannot be used with");
    snap(&["sandbox", "--json", "--listen", "nowhere"])
        .run()
        .refused("--listen <ADDR>");
}

#[test]
fn a_secret_among_the_arguments_is_refused_and_not_repeated() {
    sign_symmetric(&["SK-canary"])
        .run()
        .refused("unexpected argument (not repeated here)");
    sign_symmetric(&["-canary"])
        .run()
        .refused("unexpected argument (not repeated here)");
    sign_symmetric(&["--secret=SK-canary"])
        .run()
        .refused("unexpected argument '--secret' found");
    sign_symmetric(&["--token", "canary"])
        .run()
        .refused("unexpected argument '--token' found");
}

#[test]
fn without_json_an_error_leaves_standard_output_empty() {
    let ran = snap(&["sign", "symmetric"]).run();

    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(
        ran.stderr
            .starts_with("snap: the following required arguments"),
        "{}",
        ran.stderr
    );
}
