"""DOKU's Python library binds an account, pays, is notified, refunds and unbinds; then an e-wallet and
a card.

Usage: python pay.py FILE, where FILE holds what `snap-sandbox serve --json` printed.
"""

import time
from datetime import datetime, timedelta, timezone

from doku_python_library import *

from receiver import Receiver
from sandbox import Refused, approve, approve_with_otp, connect, step, tell

IP = "127.0.0.100"  # The library wants ten characters at least.
DEVICE = "device1"
SUCCESS, FAILURE = "https://merchant.example/success", "https://merchant.example/failure"
RUPIAH = TotalAmount("10000.00")
RUN = str(time.time_ns() // 1_000_000)[-11:]


def is_paid(snap, reference, channel):
    """Asks what became of a payment that the customer approved: it is paid."""
    info = CheckStatusAdditionalInfoRequest(channel=channel)
    asked = CheckStatusRequest("55", reference, additional_info=info)
    known = step(f"{channel} status", lambda: snap.do_check_status(asked))
    if known.latest_transaction_status != "00":
        raise Refused(f"{reference} was approved: {known.latest_transaction_status}")


def account():
    """ALLO: the channel that asks for most."""
    channel = "DIRECT_DEBIT_ALLO_SNAP"
    snap = step("b2b token", connect).snap
    merchant = Receiver(snap)

    customer = AccountBindingAdditionalInfoRequest(
        channel=channel,
        success_registration_url=SUCCESS,
        failed_registration_url=FAILURE,
        cust_id_merchant=f"cust-py-{RUN}",
        email="budi@example.com",
        device_model="ios18",
        os_type="ios",
        channel_id="app",
    )
    binding = AccountBindingRequest("6281234567892", customer)
    bound = step("account binding", lambda: snap.do_account_binding(binding, DEVICE, IP))
    approve("consent", bound.redirect_url)
    code = bound.additional_info["authCode"]
    step("customer token", lambda: snap.get_token_b2b2c(code))

    inquiry = BalanceInquiryRequest(BalanceInquiryAdditionalInfo(channel))
    step("balance inquiry", lambda: snap.do_balance_inquiry(inquiry, IP, code))

    reference = f"P{RUN}".ljust(32, "0")  # ALLO: 32 to 64 characters.
    # The library sends these two lists as they are, and cannot write its own classes as JSON.
    option = PayOptionDetail("BALANCE", RUPIAH, TotalAmount("0.00")).json()
    items = [LineItems("Kopi", "10000.00", "1").json()]
    details = PaymentAdditionalInfoRequest(channel, "Kopi", SUCCESS, FAILURE, items)
    payment = PaymentRequest(reference, RUPIAH, details, pay_option_detail=[option])
    paid = step("payment", lambda: snap.do_payment(payment, IP, code))
    merchant.expects_wrong_signature(reference)
    approve("payment page", paid.web_redirect_url)
    is_paid(snap, reference, channel)
    number = f"R{RUN}".ljust(32, "0")
    refund = RefundRequest(reference, RUPIAH, number, RefundAdditionalInfo(channel))
    step("refund", lambda: snap.do_refund(refund, IP, code, DEVICE))

    unbinding = AccountUnbindingRequest(
        snap.token_b2b2c, AccountUnbindingAdditionalInfoRequest(channel)
    )
    step("account unbinding", lambda: snap.do_account_unbinding(unbinding, IP))
    merchant.is_told(reference)


def wallet():
    """DANA: the customer jumps to the wallet's app, and no customer token is needed."""
    channel = "EMONEY_DANA_SNAP"
    snap = step("b2b token, wallet", connect).snap

    reference = f"PD{RUN}"
    until = datetime.now(timezone.utc) + timedelta(hours=1)
    payment = PaymentJumpAppRequest(
        reference,
        [UrlParam(SUCCESS, "PAY_RETURN", "N")],
        RUPIAH,
        PaymentJumpAppAdditionalInfo(channel, "Kopi"),
        valid_up_to=until.isoformat(timespec="seconds"),
        point_of_initiation="app",
    )
    paid = step("jump app payment", lambda: snap.do_payment_jump_app(payment, DEVICE, IP))
    approve("wallet page", paid.web_redirect_url)
    is_paid(snap, reference, channel)


def card():
    """BRI: a card is bound, and its data are encrypted."""
    channel = "DIRECT_DEBIT_BRI_SNAP"
    snap = step("b2b token, card", connect).snap

    data = BankCardData("5221840000000001", "D", "1229")
    info = CardRegistrationAdditionalInfo(channel, SUCCESS, FAILURE)
    binding = CardRegistrationRequest(data, f"cardpy{RUN}", info, "6281234567893")
    bound = step("card binding", lambda: snap.do_card_registration(binding, "DH"))
    approve_with_otp("consent, card", bound.redirect_url)
    code = bound.additional_info["authCode"]
    step("customer token, card", lambda: snap.get_token_b2b2c(code))

    reference = f"C{RUN}"  # BRI: a refund takes 12 characters at most.
    details = PaymentAdditionalInfoRequest(channel, "Kopi", SUCCESS, FAILURE)
    payment = PaymentRequest(reference, RUPIAH, details)
    paid = step("payment, card", lambda: snap.do_payment(payment, IP, code))
    approve("payment page, card", paid.web_redirect_url)
    is_paid(snap, reference, channel)

    unbinding = CardUnbindingRequest(
        snap.token_b2b2c, AccountUnbindingAdditionalInfoRequest(channel)
    )
    step("card unbinding", lambda: snap.do_card_unbinding(unbinding, IP))


tell(account, wallet, card)
