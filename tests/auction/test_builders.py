from builders import make_bidder, make_enrolment, make_sale


def test_an_announced_sale_with_an_enrolled_bidder_can_be_built(any_app, clock):
    now = clock.now()
    sale = make_sale(now)
    enrolment = make_enrolment(now, sale, make_bidder(now))
    assert (sale.number.startswith(sale.lot.number), enrolment.status) == (True, "active")
