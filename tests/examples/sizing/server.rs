use std::time::{Duration, SystemTime};

use redis::{AsyncCommands, InfoDict, aio::MultiplexedConnection};
use snap_core::{
    AccessToken, ClientId, Clock, Environment, ExternalId, ExternalIdGuard, NamedDelivery,
    token::{NewEntry, Slot, TokenStore},
};
use snap_inbound::{
    ClaimId, Claimed, DeliveryKeys, Issued, IssuedTokenStore, Message, ReplayStore, Route, Service,
    Terms, TokenHash, Unreadable, testing::TestDoku,
};
use snap_redis::{
    Redis, RedisExternalIds, RedisIssuedTokenStore, RedisPace, RedisReplayStore, RedisTokenStore,
    TokenKey,
};
use snap_resolve::InquiryPace;
use snap_suite::SetUpError;

/// What the server says about its own work for each operation.
pub(crate) async fn measure(url: &str) -> Result<(), SetUpError> {
    let redis = Redis::open(url)?.with_prefix("snap-sizing")?;
    println!("server {:?}", redis.check().await?);
    println!("{TIMES} times each\n");
    println!("| Operation | Server time, µs | Memory, bytes |");
    println!("| --- | --- | --- |");
    let raw = redis::Client::open(url)?;
    let mut raw = raw.get_multiplexed_async_connection().await?;
    tokens(&redis, &mut raw).await?;
    inbound(&redis, &mut raw).await?;
    others(&redis, &mut raw).await?;
    clear(&mut raw).await
}

async fn tokens(redis: &Redis, raw: &mut MultiplexedConnection) -> Result<(), SetUpError> {
    let store = RedisTokenStore::new(redis.clone(), key()?);
    let slots: Vec<_> = (0..TIMES).map(slot).collect::<Result<_, _>>()?;
    let text = "x".repeat(900); // as long as a token of DOKU
    let entry = || NewEntry::new(AccessToken::new(text.as_str()), Duration::from_secs(900));
    let row = Row::begin("token written", raw).await?;
    for slot in &slots {
        store.compare_and_swap(slot, None, entry()).await?;
    }
    row.end(raw).await?;
    let row = Row::begin("token read", raw).await?;
    for slot in &slots {
        store.load(slot).await?;
    }
    row.end(raw).await?;
    let row = Row::begin("lease granted", raw).await?;
    for slot in &slots {
        store.lease(slot, Duration::from_secs(15)).await?;
    }
    row.end(raw).await
}

async fn inbound(redis: &Redis, raw: &mut MultiplexedConnection) -> Result<(), SetUpError> {
    let store = RedisReplayStore::new(redis.clone());
    let terms = Terms::new(moment(), 35 * DAY, Duration::from_secs(60));
    let holder = ClaimId::new([1; 16]);
    let deliveries = deliveries().await?;
    let row = Row::begin("delivery claimed, new", raw).await?;
    for delivery in &deliveries {
        let claimed = store.claim(delivery, &holder, &terms).await?;
        assert_eq!(claimed, Claimed::New);
    }
    row.end(raw).await?;
    let row = Row::begin("delivery confirmed", raw).await?;
    for delivery in &deliveries {
        store.confirm(delivery, &holder).await?;
    }
    row.end(raw).await?;
    let row = Row::begin("delivery claimed, duplicate", raw).await?;
    for delivery in &deliveries {
        store.claim(delivery, &holder, &terms).await?;
    }
    row.end(raw).await?;
    let issued = RedisIssuedTokenStore::new(redis.clone());
    let client_id = ClientId::new("BRN-1")?;
    let end = moment() + Duration::from_secs(900);
    let hash = |number: u32| {
        let token = AccessToken::new(number.to_string());
        TokenHash::of("https://api.doku.com", &token)
    };
    let row = Row::begin("token issued to DOKU", raw).await?;
    for number in 0..TIMES {
        let whose = Issued::new("https://api.doku.com", client_id.clone(), moment(), end);
        issued.put(&hash(number), &whose, end).await?;
    }
    row.end(raw).await?;
    let row = Row::begin("its owner looked up", raw).await?;
    for number in 0..TIMES {
        issued.owner(&hash(number)).await?;
    }
    row.end(raw).await
}

async fn others(redis: &Redis, raw: &mut MultiplexedConnection) -> Result<(), SetUpError> {
    let client_id = ClientId::new("BRN-1")?;
    let pace = RedisPace::new(redis.clone(), &Environment::sandbox(), &client_id);
    let row = Row::begin("moment for an inquiry", raw).await?;
    for _ in 0..TIMES {
        pace.reserve(Duration::from_millis(1)).await?;
    }
    row.end(raw).await?;
    let guard = RedisExternalIds::new(redis.clone());
    let row = Row::begin("external id taken", raw).await?;
    for number in 0..TIMES {
        let id = ExternalId::new(format!("26112610000000000000{number:012}"))?;
        let base_url = "https://api.doku.com";
        let named = NamedDelivery::new(base_url, client_id.clone(), id, b"{}", moment());
        guard.take(&named).await?;
    }
    row.end(raw).await
}

/// Keys as a receiver makes them, of that many deliveries.
async fn deliveries() -> Result<Vec<DeliveryKeys>, SetUpError> {
    let doku = TestDoku::new("BRN-1", "SK-0123456789abcdef")?;
    let route = Route::new(Service::DEBIT_NOTIFY, "/notify").signed_with_rsa();
    let receiver = doku.receiver()?.clock(Still).token_route("/token");
    let receiver = receiver.route(route).build()?;
    let mut keys = Vec::new();
    for number in 0..TIMES {
        let (body, id) = (format!(r#"{{"n":{number}}}"#), number.to_string());
        let message = doku.message_signed_with_rsa("/notify", body, &id, moment())?;
        let authentic = receiver.authenticate::<Anything>(message).await?;
        keys.push(authentic.keys().clone());
    }
    Ok(keys)
}

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> SystemTime {
        moment()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Any JSON as a debit notification; it is never read.
#[derive(Debug, serde::Deserialize)]
struct Anything {}

impl Message for Anything {
    const SERVICE: Service = Service::DEBIT_NOTIFY;

    fn check(&self) -> Result<(), Unreadable> {
        Ok(())
    }
}

/// One row of the table.
struct Row {
    what: &'static str,
    memory: i64,
}

impl Row {
    async fn begin(
        what: &'static str,
        raw: &mut MultiplexedConnection,
    ) -> Result<Self, SetUpError> {
        let memory = used_memory(raw).await?;
        redis::cmd("CONFIG")
            .arg("RESETSTAT")
            .exec_async(raw)
            .await?;
        Ok(Self { what, memory })
    }

    async fn end(self, raw: &mut MultiplexedConnection) -> Result<(), SetUpError> {
        let grown = used_memory(raw).await? - self.memory;
        let info: InfoDict = redis::cmd("INFO")
            .arg("commandstats")
            .query_async(raw)
            .await?;
        let stats: String = info.get("cmdstat_evalsha").unwrap_or_default();
        let each = stats
            .split(',')
            .find_map(|part| part.strip_prefix("usec_per_call="))
            .unwrap_or("?");
        println!("| {} | {each} | {} |", self.what, grown / i64::from(TIMES));
        Ok(())
    }
}

async fn used_memory(raw: &mut MultiplexedConnection) -> Result<i64, SetUpError> {
    let info: InfoDict = redis::cmd("INFO").arg("memory").query_async(raw).await?;
    Ok(info.get("used_memory").unwrap_or_default())
}

async fn clear(raw: &mut MultiplexedConnection) -> Result<(), SetUpError> {
    let keys: Vec<String> = raw.keys("snap-sizing:*").await?;
    for key in keys {
        let _: () = raw.del(key).await?;
    }
    Ok(())
}

fn slot(number: u32) -> Result<Slot, SetUpError> {
    let client_id = ClientId::new("BRN-1")?;
    let slot = Slot::new("https://api.doku.com", client_id);
    Ok(slot.with_customer(number.to_string().into()))
}

fn key() -> Result<TokenKey, SetUpError> {
    let mut bytes = [7; 32];
    bytes[0] = 1;
    Ok(TokenKey::new(bytes)?)
}

fn moment() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_662_000)
}

const TIMES: u32 = 10_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
