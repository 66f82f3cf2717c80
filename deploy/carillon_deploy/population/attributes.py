"""The attributes of a subscriber in the five dimensions of SEG-02; each is a column of subscribers.parquet."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from carillon_deploy.population import margins
from carillon_deploy.population.columns import Column, Make, between, chosen, flag, in_dimension, picked, score, skewed
from carillon_deploy.population.people import NO_HALL, People
from carillon_deploy.population.terminals import handsets

LAST_JOINED = np.datetime64("2011-02-28", "D")
GENRES = ("流行音乐", "古典音乐", "交响乐", "摇滚", "民歌", None)
CIRCLES = {"work": 0.62, "leisure": 0.35, "shopping": 0.40, "study": 0.12, "route": 0.55, "family": 0.70}
SECTORS = {"restaurant": 2.2, "leisure": 1.4, "government": 0.5, "finance": 0.8, "real_estate": 0.3}
SERVICES = {
    "crbt": 0.42, "mms": 0.30, "newspaper": 0.10, "lets_play": 0.04, "gprs": 0.38, "mobile_mail": 0.06,
}  # fmt: skip


def _months(people: People, _name: str) -> pa.Array:
    return pa.array(_tenure(people).astype(np.int32))


def _joined(people: People, _name: str) -> pa.Array:
    return pa.array(LAST_JOINED - (_tenure(people) * 30).astype("timedelta64[D]"))


def _tenure(people: People) -> NDArray[np.int64]:
    """Months with the operator: many are new."""
    months: NDArray[np.int64] = (people.block.uniform("tenure") ** 1.6 * 150).astype(np.int64)
    return months


def _tier(people: People, _name: str) -> pa.Array:
    return chosen(("LOW", "MIDDLE", "HIGH"), np.digitize(people.arpu, (60.0, 200.0)))


def _group(people: People, name: str) -> pa.Array:
    """27 groups over three brands (SEG-14): nine a brand."""
    names = [f"{brand}-{number}" for brand in margins.BRANDS for number in range(1, 10)]
    return chosen(names, people.brand * np.int16(9) + (people.block.uniform(name) * 9).astype(np.int16))


def _subsidy(people: People, name: str) -> pa.Array:
    """Nobody of the printed grid has another subsidy plan: it was excluded there (SEG-76)."""
    outside = people.grid_cell == len(margins.grid_cells())
    return pa.array(outside & (people.block.uniform(name) < 0.05))  # noqa: PLR2004 -- configuration


def _hall(people: People, _name: str) -> pa.Array:
    names = [*(f"{hall.branch}/{hall.name}" for hall in margins.HALLS), None]
    return chosen(names, np.where(people.hall == NO_HALL, len(margins.HALLS), people.hall))


def _of_handset(name: str) -> Make:
    return lambda people, _name: pa.array(handsets().capabilities[name][people.handset])


def _fetion(field: str) -> Make:
    return lambda people, _name: pa.array(getattr(people.fetion, field))


BASIC = (
    Column(name="brand", type="text", description="Brand (SEG-59)", make=lambda p, _: chosen(list(margins.BRANDS), p.brand)),
    Column(name="branch", type="text", description="Home branch, one of 31", make=lambda p, _: chosen(margins.BRANCHES, p.branch)),
    Column(name="joined_on", type="date", description="Day of joining", make=_joined),
    Column(name="age", type="integer", unit="years", description="Age, where known", make=between(12, 79, unknown=0.06)),
)  # fmt: skip
VALUE = (
    Column(name="arpu", type="number", unit="yuan", description="Monthly average of three months (SEG-03, SEG-72)", make=lambda p, _: pa.array(p.arpu)),
    Column(name="value_tier", type="text", description="LOW under 60 yuan, MIDDLE, HIGH from 200", make=_tier),
    Column(name="crm_group", type="text", description="One of 27 customer groups (SEG-14)", make=_group),
    Column(name="tenure_months", type="integer", unit="months", description="Months with the operator", make=_months),
    Column(name="balance_fen", type="integer", unit="fen", description="Balance", make=skewed(3_500, 500_000)),
    Column(name="churn_score", type="number", description="Score of a churn model", make=score()),
)  # fmt: skip
CONSUMPTION = (
    Column(name="sms_sent", type="integer", description="Messages sent last month", make=skewed(60, 5_000)),
    Column(name="p2p_sms", type="boolean", description="Sent a message to a person last month (SEG-20)", make=flag(0.72)),
    Column(name="mms_sent", type="integer", description="Multimedia messages sent last month (CHN-38)", make=skewed(4, 500)),
    Column(name="new_business_fen", type="integer", unit="fen", description="Spent on new services last month (CHN-18)", make=skewed(600, 50_000)),
    Column(name="gprs_mb", type="integer", unit="MB", description="Data last month", make=skewed(25, 20_000)),
    Column(name="accepts_data", type="boolean", description="High acceptance of data services (SEG-04)", make=flag(0.24)),
    Column(name="channel", type="text", description="Channel used most", make=picked(("HALL", "SMS", "WAP", "WEB", "IVR"), (0.3, 0.35, 0.12, 0.13, 0.1))),
    *(
        Column(name=f"has_{service}", type="boolean", description=f"Has the service {service} (SEG-05)", make=flag(share))
        for service, share in SERVICES.items()
    ),
    Column(name="has_handset_subsidy", type="boolean", description="In another handset-subsidy plan (SEG-76)", make=_subsidy),
)  # fmt: skip
MUSIC = (
    Column(name="music_member", type="text", description="Membership of the music club (SEG-72)", make=lambda p, _: chosen(margins.MEMBERSHIPS, p.membership)),
    Column(name="crbt_downloads", type="integer", description="Tones downloaded in three months (SEG-72)", make=lambda p, _: pa.array(p.downloads)),
    Column(name="music_genre", type="text", description="Genre preferred, where known (SEG-37)", make=picked(GENRES, (0.28, 0.03, 0.02, 0.08, 0.05, 0.54))),
    Column(name="games_score", type="number", description="Score of the increment model of Let's Play (SEG-36)", make=score()),
    Column(name="fetion_score", type="number", description="Score of Fetion's increment model (SEG-18)", make=score()),
    *(
        Column(name=f"{service}_score", type="number", description=f"Score of the data-mining model for {service} (SEG-12)", make=score())
        for service in ("crbt", "mms", "mobile_mail", "newspaper")
    ),
)  # fmt: skip
PREFERENCE = tuple(
    Column(name=f"sector_{sector}", type="integer", description=f"Calls with the sector {sector} last month (SEG-06)", make=skewed(mean, 200))
    for sector, mean in SECTORS.items()
)  # fmt: skip
TRAJECTORY = (
    *(
        Column(name=f"circle_{circle}", type="boolean", description=f"Has a {circle} circle (SEG-33)", make=flag(share))
        for circle, share in CIRCLES.items()
    ),
    Column(name="hall", type="text", description="Key hall of one's catchment, if any (SEG-34)", make=_hall),
    Column(name="university", type="boolean", description="Seen on a campus (SEG-19)", make=flag(0.06)),
)  # fmt: skip
TERMINAL = (
    Column(name="tac", type="text", description="Type allocation code of the handset (SEG-09)", make=lambda p, _: chosen(handsets().tacs, p.handset)),
    Column(name="terminal_model", type="text", description="Model by the code", make=lambda p, _: chosen(handsets().models, handsets().model_of[p.handset])),
    Column(name="terminal_price_yuan", type="integer", unit="yuan", description="Price of the model", make=lambda p, _: pa.array(handsets().price_yuan[p.handset])),
    Column(name="terminal_in_library", type="boolean", description="In the group's terminal library (SEG-78)", make=lambda p, _: pa.array(handsets().in_library[p.handset])),
    *(
        Column(name=f"supports_{one}", type="boolean", description=f"The handset supports {one}", make=_of_handset(one))
        for one in ("mms", "gprs", "kjava", "music_walkman", "full_track", "fetion_client")
    ),
    Column(name="im_client", type="text", description="QQ, MSN or PICA on the handset (SEG-22, SEG-51)", make=picked(("QQ", "MSN", "PICA", None), (0.22, 0.03, 0.02, 0.73))),
)  # fmt: skip
FETION = (
    Column(name="fetion_registered", type="boolean", description="Registered with Fetion", make=_fetion("registered")),
    Column(name="fetion_deregistered", type="boolean", description="Left Fetion", make=_fetion("deregistered")),
    Column(name="fetion_ever_active", type="boolean", description="Active on Fetion at least once since registration", make=_fetion("ever_active")),
    Column(name="fetion_client_days", type="integer", unit="days", description="Days active on the client in month M", make=_fetion("client_days")),
    Column(name="fetion_sms_active", type="boolean", description="Active by message in month M", make=_fetion("sms_active")),
    Column(name="fetion_friends", type="integer", description="Friends", make=_fetion("friends")),
    Column(name="fetion_volume", type="integer", description="Messages in month M", make=_fetion("volume")),
    Column(name="fetion_client_volume", type="integer", description="Messages by client in month M", make=_fetion("client_volume")),
    Column(name="fetion_active_days_m1", type="integer", unit="days", description="Active days in month M-1", make=_fetion("active_days_m1")),
    Column(name="fetion_active_days_m2", type="integer", unit="days", description="Active days in month M-2", make=_fetion("active_days_m2")),
)  # fmt: skip

BRAND, BRANCH, *REST = BASIC
MUSIC_USE, MUSIC_TASTE = MUSIC[:2], MUSIC[2:]
# In the order of the file; where somebody belongs is trajectory (SEG-08), what somebody likes or is likely to take up
# preference.
ATTRIBUTES = (
    *in_dimension("value", BRAND),
    *in_dimension("trajectory", BRANCH),
    *in_dimension("value", *REST, *VALUE),
    *in_dimension("consumption", *CONSUMPTION, *MUSIC_USE),
    *in_dimension("preference", *MUSIC_TASTE, *PREFERENCE),
    *in_dimension("trajectory", *TRAJECTORY),
    *in_dimension("terminal", *TERMINAL),
    *in_dimension("consumption", *FETION),
)
