//! Notifications of DOKU in a program on actix: how its requests become what `snap-inbound` takes.
//!
//! The handlers take `web::Bytes`, the body as it came. With `web::Json` the framework would have parsed
//! it, and writing it again would give other bytes than DOKU has signed. Leave the features of actix that
//! decompress (`compress-*`) off for these routes, or their bodies are other bytes too.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode as ActixStatus,
    web::{self, Bytes, Data, PayloadConfig, ServiceConfig},
};
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri};
use snap_inbound::{DebitNotification, Delivery, Receiver};

/// The routes. The paths are those of the receiver's configuration.
pub fn routes(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(64 * 1024))
        .route("/doku/token", web::post().to(token_endpoint))
        .route("/doku/notify", web::post().to(on_notify));
}

async fn token_endpoint(
    request: HttpRequest,
    body: Bytes,
    receiver: Data<Receiver>,
) -> HttpResponse {
    let Some(request) = request_of(&request, body) else {
        return HttpResponse::BadRequest().finish();
    };
    match receiver.issue_token(&request, None).await {
        Ok(answer) => response_of(answer),
        Err(reject) => response_of(reject.response()),
    }
}

async fn on_notify(request: HttpRequest, body: Bytes, receiver: Data<Receiver>) -> HttpResponse {
    let Some(request) = request_of(&request, body) else {
        return HttpResponse::BadRequest().finish();
    };
    let answer = match receiver.verify::<DebitNotification>(request).await {
        Ok(notification) => {
            if notification.delivery() == Delivery::New {
                // Keep `notification.raw()` in your inbox here.
            }
            notification.acknowledge().await
        }
        Err(reject) => Err(reject),
    };
    response_of(answer.unwrap_or_else(|reject| reject.response()))
}

/// Method, target, headers and body as they came. actix is on an older version of `http`, so each header is
/// taken over by itself: one that is there twice has to stay there twice.
pub fn request_of(request: &HttpRequest, body: Bytes) -> Option<Request<bytes::Bytes>> {
    let mut whole = Request::new(body);
    *whole.method_mut() = Method::from_bytes(request.method().as_str().as_bytes()).ok()?;
    *whole.uri_mut() = request.uri().to_string().parse::<Uri>().ok()?;
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        whole.headers_mut().append(name, value);
    }
    Some(whole)
}

fn response_of(answer: Response<bytes::Bytes>) -> HttpResponse {
    let (head, body) = answer.into_parts();
    let status = ActixStatus::from_u16(head.status.as_u16());
    let mut response = HttpResponse::build(status.unwrap_or(ActixStatus::INTERNAL_SERVER_ERROR));
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use actix_web::{App, body::to_bytes, dev::ServiceResponse, test};
    use snap_inbound::{AccessToken, Route, Service, testing::TestDoku};

    use super::*;

    const BODY: &str = r#"{"originalPartnerReferenceNo":"ord-1","latestTransactionStatus":"00"}"#;

    fn doku() -> TestDoku {
        TestDoku::new("BRN-1", "SK-0123456789abcdef").unwrap()
    }

    /// Sends what DOKU would to an application of one request after the other.
    async fn sent(
        requests: impl FnOnce(&AccessToken) -> Vec<Request<bytes::Bytes>>,
    ) -> Vec<(u16, String)> {
        let receiver = doku().receiver().unwrap();
        let receiver = receiver
            .token_route("/doku/token")
            .route(Route::new(Service::DEBIT_NOTIFY, "/doku/notify"))
            .build()
            .unwrap();
        let app = App::new().app_data(Data::new(receiver)).configure(routes);
        let app = test::init_service(app).await;
        let request = doku()
            .token_request("/doku/token", SystemTime::now())
            .unwrap();
        let answer = test::call_service(&app, actix(request)).await;
        let (status, body) = read(answer).await;
        assert_eq!(status, 200, "{body}");
        let token = body.split("\"accessToken\":\"").nth(1).unwrap();
        let token = AccessToken::new(token.split('"').next().unwrap());
        let mut answers = Vec::new();
        for request in requests(&token) {
            answers.push(read(test::call_service(&app, actix(request)).await).await);
        }
        answers
    }

    async fn read(response: ServiceResponse) -> (u16, String) {
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body()).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    fn actix(request: Request<bytes::Bytes>) -> actix_http::Request {
        let (head, body) = request.into_parts();
        let mut made = test::TestRequest::post().uri(&head.uri.to_string());
        for (name, value) in &head.headers {
            made = made.append_header((name.as_str(), value.as_bytes()));
        }
        made.set_payload(body).to_request()
    }

    #[actix_web::test]
    async fn a_notification_is_acknowledged_twice_with_the_same_bytes() {
        let answers = sent(|token| {
            let message = || {
                doku()
                    .message("/doku/notify", token, BODY, "1", now())
                    .unwrap()
            };
            vec![message(), message()]
        });
        let answers = answers.await;

        let acknowledged = r#"{"responseCode":"2005600","responseMessage":"Request has been processed successfully"}"#;
        assert_eq!(answers[0], (200, acknowledged.to_owned()));
        assert_eq!(answers[1], answers[0]);
    }

    #[actix_web::test]
    async fn a_body_that_was_written_again_and_a_header_twice_are_refused() {
        let answers = sent(|token| {
            let message = doku()
                .message("/doku/notify", token, BODY, "1", now())
                .unwrap();
            let written_again = BODY.replace("\"ord-1\"", "\"\\u006frd-1\"");
            let rewritten = message.clone().map(|_| written_again.into());
            let mut twice = message;
            let signature = twice.headers()["x-signature"].clone();
            twice.headers_mut().append("x-signature", signature);
            vec![rewritten, twice]
        });
        let answers = answers.await;

        assert_eq!(answers[0].0, 401, "{answers:?}");
        assert_eq!(answers[1].0, 400, "{answers:?}");
    }

    fn now() -> SystemTime {
        SystemTime::now()
    }
}
