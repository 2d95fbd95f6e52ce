use super::*;

/// One operation, with a request schema and components.
fn one(request: &str, components: &str) -> Result<Operation, String> {
    let text = format!(
        r##"{{"paths": {{"/a#b": {{"post": {{
            "operationId": "op",
            "x-snap": {{"token": "either", "service-code": "01", "headers": {{"CHANNEL-ID": "optional"}}}},
            "requestBody": {{"content": {{"application/json": {{"schema": {request}}}}}}},
            "responses": {{"200": {{"content": {{"application/json": {{"schema": {{"type": "object"}}}}}}}}}}
        }}}}}}, "components": {{"schemas": {components}}}}}"##
    );
    let mut operations = Vec::new();
    let document = Json::read(text.as_bytes()).expect("JSON");
    operations_of("test", &document, &mut operations)?;
    Ok(operations.remove(0))
}

#[test]
fn the_embedded_specifications_are_understood() {
    let catalogue = Catalogue::read(SPECIFICATIONS).expect("understood");

    let mut ids: Vec<_> = catalogue
        .0
        .iter()
        .map(|operation| (&operation.id, &operation.path))
        .collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "an operation is repeated");
    for operation in &catalogue.0 {
        let service = &operation.service;
        assert!(operation.path.starts_with('/'), "{}", operation.id);
        assert!(
            service.len() == 2 && service.bytes().all(|byte| byte.is_ascii_digit()),
            "{}",
            operation.id
        );
    }
}

#[test]
fn references_are_followed_and_what_stands_beside_them_counts() {
    let operation = one(
        r##"{"$ref": "#/components/schemas/Body"}"##,
        r##"{
            "Body": {"type": "object", "required": ["pin"], "properties": {
                "pin": {"allOf": [{"$ref": "#/components/schemas/SnapSecret"}], "x-limits": {"min": 4, "max": 6}},
                "amount": {"$ref": "#/components/schemas/SnapAmount"},
                "kind": {"$ref": "#/components/schemas/Channel"},
                "more": {"type": "object"}
            }},
            "Channel": {"type": "string", "x-values": ["FIRST", "SECOND"]},
            "SnapSecret": {"type": "string"},
            "SnapAmount": {"type": "object", "properties": {"value": {"type": "string"}}}
        }"##,
    )
    .expect("understood");

    let [pin, amount, kind, more] = operation.request.members() else {
        panic!("{:?}", operation.request);
    };
    assert!(pin.required && pin.schema.secret);
    assert_eq!((pin.schema.min, pin.schema.max), (4, Some(6)));
    assert!(matches!(amount.schema.kind, Kind::Amount));
    assert_eq!(kind.schema.example.as_deref(), Some("FIRST"));
    assert!(matches!(more.schema.kind, Kind::Free));
    assert_eq!(
        (operation.path.as_str(), operation.token),
        ("/a", Token::Either)
    );
    assert!(!operation.headers[0].required);
}

#[test]
fn what_is_not_understood_is_named() {
    #[track_caller]
    fn check(request: &str, components: &str, error: &str) {
        let found = one(request, components).expect_err("not understood");

        assert!(found.contains(error), "{found}");
    }
    check(r#"{"type": "integer"}"#, "{}", "unknown type");
    check(
        r##"{"$ref": "#/components/schemas/None"}"##,
        "{}",
        "leads nowhere",
    );
    check(
        r##"{"$ref": "#/components/schemas/Loop"}"##,
        r##"{"Loop": {"$ref": "#/components/schemas/Loop"}}"##,
        "do not end",
    );
    check(
        r##"{"$ref": "#/components/schemas/Tree"}"##,
        r##"{"Tree": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}}"##,
        "too deeply",
    );
}
