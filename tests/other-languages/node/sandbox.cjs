// DOKU's Node library, pointed at a local sandbox, and one JSON line per step.
'use strict';

const fs = require('node:fs');

const axios = require('axios');
const { Snap } = require('doku-nodejs-library');
const Config = require('doku-nodejs-library/_commons/config');
const { version } = require('doku-nodejs-library/package.json');

/** What `snap-sandbox serve --json` printed, in the file that the command line names. */
const sandbox = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

// The library knows two hosts and takes no third one as an option.
Config.CORE_SANDBOX_BASE_URL = sandbox.baseUrl;

/** A client with the sandbox's credentials. It asks for its token at once, and waits for nobody. */
async function connect() {
  const snap = new Snap({
    isProduction: false,
    clientID: sandbox.clientId,
    secretKey: sandbox.clientSecret,
    privateKey: sandbox.privateKeyPem,
    publicKey: sandbox.publicKeyPem,
    dokuPublicKey: sandbox.dokuPublicKeyPem,
    issuer: 'merchant',
  });
  // A second request meanwhile would end the token of the first.
  for (let turn = 0; snap.tokenB2B === '' && turn < 1000; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { responseCode: snap.tokenB2B === '' ? 'none' : '2007300', snap };
}

// What the library sent in the current step, and how the sandbox judged it.
let calls = [];
axios.interceptors.response.use(record, (error) => {
  if (error.response) record(error.response);
  return Promise.reject(error);
});

function record(answer) {
  calls.push({
    path: new URL(answer.config.url).pathname,
    http: answer.status,
    responseCode: answer.data?.responseCode,
    verdict: answer.headers['x-sandbox-verdict'],
  });
  return answer;
}

// The library prints tokens, and standard output is for the steps.
console.log = () => {};

let failures = 0;

function print(line) {
  if (line.result === 'refused') failures += 1;
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Takes a step of the library and prints what came of it. */
async function step(name, act) {
  calls = [];
  let answer;
  try {
    answer = await act();
    answer = answer?.data ?? answer; // One call hands out the whole HTTP answer.
  } catch (error) {
    answer = { responseMessage: error.message };
  }
  const isOk = answer?.responseCode?.startsWith('200') ?? false;
  const said = isOk ? undefined : answer?.responseMessage;
  print({ by: `doku-nodejs-library ${version}`, step: name, result: isOk ? 'ok' : 'refused', calls, said });
  if (!isOk) {
    if (calls.length > 0) print({ by: 'sandbox', step: 'explanation', ...(await explanation()) });
    throw new Error(`${name} was refused`);
  }
  return answer;
}

/** The customer opens a page, types what its OTP asks for, if it asks for one, and agrees. */
async function approve(name, address) {
  const page = new URL(address);
  page.searchParams.set('auto', 'approve');
  const { status } = await fetch(page, { redirect: 'manual' });
  visited(name, status, status === 303);
}

/** The customer types a wrong OTP at a page, then the one that the phone shows, and agrees. */
async function approveWithOtp(name, address) {
  const choose = (otp) => fetch(address, {
    method: 'POST', redirect: 'manual', body: new URLSearchParams({ choice: 'approve', otp }),
  });
  const shown = /phone shows <code>(\d{6})</.exec(await (await fetch(address)).text())?.[1] ?? '';
  const wrong = await choose(shown === '000000' ? '000001' : '000000');
  visited(`${name}, wrong OTP`, wrong.status, wrong.status === 400);
  const right = await choose(shown);
  visited(name, right.status, right.status === 303);
}

function visited(name, http, isOk) {
  print({ by: 'customer', step: name, result: isOk ? 'ok' : 'refused', http });
  if (!isOk) throw new Error(`${name}: the page answered HTTP ${http}`);
}

/** Asks the admin API, or tells it something. */
async function ask(what, body) {
  const options = body && { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${sandbox.adminUrl}/_sandbox/${what}`, options)).json();
}

/** Why the last request was refused; `onPage` tells whether the page for people says it as well. */
async function explanation() {
  const found = await ask('explain');
  const text = async (path) => (await fetch(sandbox.adminUrl + path)).text();
  const [event] = /\/_sandbox\/event\/\d+/.exec(await text('/_sandbox/')) ?? ['/'];
  const page = (await text(event)).replaceAll('&quot;', '"');
  return { ...found, onPage: page.includes(found.advice) };
}

/** Prints what was found about a notification, which has to be so. */
function noted(name, isOk, found) {
  print({ by: 'sandbox', step: name, result: isOk ? 'ok' : 'refused', found });
  if (!isOk) throw new Error(`${name} went wrong`);
}

/** Tells a story; the process ends with 1 if it did not go well. */
async function tell(story) {
  await story().catch((error) => {
    failures += 1;
    console.error(`doku-nodejs-library: ${error.message}`);
  });
  process.exitCode = failures === 0 ? 0 : 1;
}

module.exports = { approve, approveWithOtp, ask, connect, noted, step, tell };
