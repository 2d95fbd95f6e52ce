// A merchant that is notified, and judges with DOKU's Node library what the sandbox sends.
'use strict';

const http = require('node:http');

const { ask, noted } = require('./sandbox.cjs');

const NOTIFY = '/pay/notify';
const SOON = 10_000; // Milliseconds.

/** Listens on a random port for as long as the process lives, and tells the sandbox so. */
async function receiver(snap) {
  const judged = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const [status, answer] = request.url === NOTIFY
      ? notified(snap, request, JSON.parse(body), judged)
      : token(snap, request, judged);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const here = `http://127.0.0.1:${server.address().port}`;
  await ask('actions', { action: 'notify-to', notificationUrl: here + NOTIFY, tokenUrl: `${here}/token` });
  return {
    /** The next notification of this payment comes with a wrong signature at first. */
    expectsWrongSignature: (reference) => ask('actions', { action: 'vary', vary: 'wrong-signature', reference }),
    isTold: (reference) => isTold(reference, judged),
  };
}

/** What the library reads of a request; it was made for a framework that has `get`. */
const readable = (request, body) => ({
  body, get: (name) => request.headers[name], route: { path: request.url },
});

function token(snap, request, judged) {
  const isValid = snap.validateSignature(readable(request));
  judged.push(`token ${isValid}`);
  // The library forgets how long its own token lives when it gets a customer's. What it issues then has
  // no end, and it refuses that itself.
  const own = Object.assign(Object.create(snap), { tokenExpiresIn: 900 });
  const { header, body } = own.generateTokenB2B(isValid);
  return [header.XClientKey ? 200 : 401, body];
}

function notified(snap, request, body, judged) {
  const { authorization } = request.headers;
  // The library verifies with the token that the client had from DOKU. A notification is signed with
  // the one that the merchant issued for it.
  const own = Object.assign(Object.create(snap), { tokenB2B: authorization.replace('Bearer ', '') });
  const isValid = Boolean(snap.validateTokenB2B(authorization))
    && own.validateSymmetricSignature(readable(request, body));
  judged.push(`${body.latestTransactionStatus} ${isValid}`);
  // The library's own answer is that of a virtual account.
  return isValid ? [200, { responseCode: '2005600', responseMessage: 'Successful' }]
    : [401, { responseCode: '4015600', responseMessage: 'Unauthorized' }];
}

/**
 * The wrong signature was refused, the one half an hour later taken, and nothing is to blame. The library's
 * tokens have expired by then.
 */
async function isTold(reference, judged) {
  await arrived(reference, 1);
  await ask('clock', { advance: 1800 });
  const told = await arrived(reference, 2);
  const found = { judged, state: told.state, attempts: told.attempts };
  const isOk = judged.filter((one) => one.startsWith('00 ')).join() === '00 false,00 true'
    && !judged.includes('token false') && told.state === 'delivered'
    && told.attempts.every((attempt) => attempt.mistakes.length === 0);
  noted('notification', isOk, found);
}

/** The notification that a payment succeeded, as soon as so many attempts of it are over. */
async function arrived(reference, attempts) {
  for (const begun = Date.now(); Date.now() - begun < SOON;) {
    const { notifications } = await ask('notifications');
    const told = notifications.find((one) => one.reference === reference && one.status === '00');
    if (told?.attempts.length === attempts) return told;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${reference} was not notified ${attempts} times`);
}

module.exports = { receiver };
