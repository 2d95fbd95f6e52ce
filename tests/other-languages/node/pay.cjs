// DOKU's Node library binds an account, pays, is notified, refunds and unbinds; then an e-wallet; then a card.
// Usage: node pay.cjs FILE, where FILE holds what `snap-sandbox serve --json` printed.
'use strict';

const { receiver } = require('./receiver.cjs');
const { approve, approveWithOtp, connect, step, tell } = require('./sandbox.cjs');

const model = (name) => require(`doku-nodejs-library/_models/${name}`);
const AccountBinding = model('accountBindingRequestDTO');
const AccountBindingInfo = model('accountBindingAdditionalInfoRequestDTO');
const { AccountUnbindingRequestDto: AccountUnbinding } = model('accountUnbindingRequestDTO');
const BalanceInquiry = model('balanceInquiryRequestDTO');
const CardBinding = model('cardRegistrationRequestDTO');
const CardUnbinding = model('cardUnregistUnbindRequestDTO');
const CheckStatus = model('checkStatusDirectDebitRequestDTO');
const JumpAppPayment = model('paymentJumpAppRequestDTO');
const {
  PaymentRequestDto: Payment, PaymentAdditionalInfoRequestDto: PaymentInfo, TotalAmountDto: Amount,
} = model('paymentRequestDirectDebitDTO');
const Refund = model('refundRequestDTO');

const IP = '127.0.0.100'; // The library wants ten characters at least.
const DEVICE = 'device1';
const [SUCCESS, FAILURE] = ['https://merchant.example/success', 'https://merchant.example/failure'];
const rupiah = () => new Amount('10000.00', 'IDR');
const run = Date.now().toString(36).slice(-8);

/** Asks what became of a payment that the customer approved: it is paid. */
async function isPaid(snap, reference, channel) {
  const asked = new CheckStatus(reference, undefined, undefined, '55');
  asked.additionalInfo = { channel };
  const { latestTransactionStatus: known } = await step(`${channel} status`, () => snap.doCheckStatus(asked));
  if (known !== '00') throw new Error(`${reference} was approved and has the status ${known}`);
}

/** ALLO: the channel that asks for most. */
async function account() {
  const channel = 'DIRECT_DEBIT_ALLO_SNAP';
  const { snap } = await step('b2b token', connect);
  const merchant = await receiver(snap);

  const customer = new AccountBindingInfo(channel, `cust-node-${run}`, 'Budi', 'budi@example.com', undefined, 'Indonesia',
    'Jalan Merdeka 1', '19990101', SUCCESS, FAILURE, 'ios18', 'ios', 'app');
  const binding = new AccountBinding('6281234567890', customer);
  const bound = await step('account binding', () => snap.doAccountBinding(binding, IP, DEVICE));
  await approve('consent', bound.redirectUrl);
  const { authCode } = bound.additionalInfo;
  await step('customer token', () => snap.getTokenB2B2c(authCode));

  const inquiry = new BalanceInquiry({ channel });
  await step('balance inquiry', () => snap.doBalanceInquiry(inquiry, authCode, IP));

  const reference = `N${run}`.padEnd(32, '0'); // ALLO: 32 to 64 characters.
  const option = { payMethod: 'BALANCE', transAmount: rupiah(), feeAmount: new Amount('0.00', 'IDR') };
  const items = [{ name: 'Kopi', price: '10000.00', quantity: '1' }];
  const details = new PaymentInfo(channel, 'Kopi', SUCCESS, FAILURE, items);
  const payment = new Payment(reference, rupiah(), [option], details);
  const paid = await step('payment', () => snap.doPayment(payment, authCode, IP, DEVICE));
  await merchant.expectsWrongSignature(reference);
  await approve('payment page', paid.webRedirectUrl);
  await isPaid(snap, reference, channel);
  const refund = new Refund(reference, rupiah(), `R${run}`.padEnd(32, '0'), undefined, 'cold', { channel });
  await step('refund', () => snap.doRefund(refund, authCode, IP, DEVICE));

  const unbinding = new AccountUnbinding(snap.tokenB2b2c, { channel });
  await step('account unbinding', () => snap.doAccountUnbinding(unbinding, IP));
  await merchant.isTold(reference);
}

/** DANA: the customer jumps to the wallet's app, and no customer token is needed. */
async function wallet() {
  const channel = 'EMONEY_DANA_SNAP';
  const { snap } = await step('b2b token, wallet', connect);

  const reference = `ND${run}`;
  const back = [{ url: SUCCESS, type: 'PAY_RETURN', isDeepLink: 'N' }];
  const until = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, '+00:00');
  const payment = new JumpAppPayment(reference, rupiah(), back, until, 'app', { channel, orderTitle: 'Kopi' });
  const paid = await step('jump app payment', () => snap.doPaymentJumpApp(payment, IP, DEVICE));
  await approve('wallet page', paid.webRedirectUrl);
  await isPaid(snap, reference, channel);
}

/** BRI: a card is bound, and its data are encrypted. */
async function card() {
  const channel = 'DIRECT_DEBIT_BRI_SNAP';
  const { snap } = await step('b2b token, card', connect);

  const data = { bankCardNo: '5221840000000001', bankCardType: 'D', expiryDate: '1229' };
  const info = { channel, successRegistrationUrl: SUCCESS, failedRegistrationUrl: FAILURE };
  const binding = new CardBinding(data, `cardnode${run}`, '6281234567891', info);
  const bound = await step('card binding', () => snap.doRegistrationCardBind(binding));
  await approveWithOtp('consent, card', bound.redirectUrl);
  const { authCode } = bound.additionalInfo;
  await step('customer token, card', () => snap.getTokenB2B2c(authCode));

  const reference = `B${run}`; // BRI: a refund takes 12 characters at most.
  const payment = new Payment(reference, rupiah(), [], new PaymentInfo(channel, 'Kopi', SUCCESS, FAILURE));
  const paid = await step('payment, card', () => snap.doPayment(payment, authCode, IP, DEVICE));
  await approve('payment page, card', paid.webRedirectUrl);
  await isPaid(snap, reference, channel);

  const unbinding = new CardUnbinding(snap.tokenB2b2c, { channel });
  await step('card unbinding', () => snap.doUnRegistCardUnBind(unbinding));
}

tell(async () => {
  await account();
  await wallet();
  await card();
});
