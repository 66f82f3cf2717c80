"""Writes the console's fixed pieces of HTML; every text from outside passes `escape`, and nothing here fetches."""

from collections.abc import Iterable, Sequence
from html import escape

from carillon_gateway.console.charts import MEASURES, write_uplift
from carillon_gateway.console.numbers import write_count, write_percent, write_time, write_yuan
from carillon_gateway.console.texts import Speech
from carillon_gateway.console.views import ArmView, CampaignState, CampaignView, LaunchProgress

MOUNT_PATH = "/console"


def notice(title: str, text: str, *, more: str = "") -> str:
    """An empty state: what is missing and what to do about it; `more` is HTML of this module."""
    return f'<div class="c-notice"><h2>{escape(title)}</h2><p>{escape(text)}</p>{more}</div>'


def outside_link(text: str, path: str) -> str:
    """A link that leaves the console."""
    return f'<p><a class="c-link" href="{escape(path)}">{escape(text)}</a></p>'


def badge(state: CampaignState, say: Speech) -> str:
    """The state in words on its own colour."""
    return f'<span class="c-badge c-{state.value}">{escape(say(f"state_{state.value}"))}</span>'


def campaign_list(campaigns: Sequence[CampaignView], say: Speech) -> str:
    """One card a campaign, each a link to its page."""
    return f'<ul class="c-list">{"".join(_campaign_card(campaign, say) for campaign in campaigns)}</ul>'


def _campaign_card(campaign: CampaignView, say: Speech) -> str:
    facts = [
        campaign.branch or say("province"),
        say("arms", count=campaign.arms),
        f"{say('launched_at')} {write_time(campaign.launched_at)}"
        if campaign.launched_at
        else f"{say('created_at')} {write_time(campaign.created_at)}",
    ]
    return (
        f'<li><a class="c-card c-row" href="{MOUNT_PATH}/campaigns/{escape(campaign.id)}">'
        f'<span class="c-row-name">{escape(campaign.name)}</span>{badge(campaign.state, say)}'
        f'<span class="c-row-facts">{"".join(f"<span>{escape(fact)}</span>" for fact in facts)}</span></a></li>'
    )


def campaign_head(campaign: CampaignView, say: Speech) -> str:
    """The campaign's name, state and who did what when."""
    facts = [
        (say("branch"), campaign.branch or say("province")),
        (say("made_by"), campaign.created_by),
        (say("approved_by"), campaign.approved_by),
        (say("launched_at"), write_time(campaign.launched_at) if campaign.launched_at else ""),
        (say("window_ends_at"), write_time(campaign.window_ends_at) if campaign.window_ends_at else ""),
    ]
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts if value)
    reason = ""
    if campaign.state is CampaignState.REJECTED:
        reason = f'<p class="c-reason">{escape(say("rejected_because", reason=campaign.rejection_reason))}</p>'
    return (
        f'<div class="c-title"><h1>{escape(campaign.name)}</h1>{badge(campaign.state, say)}</div>{reason}'
        f'<dl class="c-facts">{told}</dl>'
    )


def launch_counts(progress: LaunchProgress, say: Speech) -> str:
    """The steps of a launch with their counts; what went wrong shows only when something did."""
    counts = [
        ("members", progress.members),
        ("booked", progress.contacts_booked),
        ("handed", progress.handed_to_channel),
        ("delivered", progress.delivered),
    ]
    counts += [(key, count) for key, count in (("failed", progress.failed), ("in_doubt", progress.in_doubt)) if count]
    return _facts((say(key), write_count(count)) for key, count in counts)


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return f'<dl class="c-facts">{told}</dl>'


def totals(arms: Sequence[ArmView], say: Speech) -> str:
    """Six figures over the contacted arms."""
    treated = [arm for arm in arms if not arm.holdout]
    contacted = sum(arm.contacted for arm in treated)

    def share(count: int) -> str:
        return say("share_of", percent=write_percent(count / contacted)) if contacted else ""

    counts = [
        (key, sum(getattr(arm, key) for arm in treated)) for key in ("delivered", "responded", "converted", "rewarded")
    ]
    tiles = [(say("contacted"), write_count(contacted), "")]
    tiles += [(say(key), write_count(count), share(count)) for key, count in counts]
    tiles.append((say("revenue"), write_yuan(sum(arm.revenue_fen for arm in treated)), ""))
    return f'<div class="c-tiles">{"".join(_tile(*tile) for tile in tiles)}</div>'


def _tile(name: str, value: str, share: str) -> str:
    return (
        f'<div class="c-card c-tile"><span class="c-tile-name">{escape(name)}</span>'
        f'<span class="c-tile-value">{escape(value)}</span><span class="c-tile-share">{escape(share)}</span></div>'
    )


def arms_table(arms: Sequence[ArmView], colours: dict[str, str], say: Speech) -> str:
    """The arms with all their counts; narrow screens turn each row into a card by the labels in the cells."""
    columns = [
        "subscribers",
        "contacted",
        "delivered",
        "responded",
        "converted",
        "rewarded",
        "revenue",
        "response_rate",
        "conversion_rate",
    ]
    heads = "".join(f'<th scope="col">{escape(say(column))}</th>' for column in ["arm", *columns])
    rows = "".join(_arm_row(arm, colours[arm.name], columns, say) for arm in arms)
    return f'<table class="c-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _arm_row(arm: ArmView, colour: str, columns: Sequence[str], say: Speech) -> str:
    written = {
        "subscribers": write_count(arm.subscribers),
        "contacted": write_count(arm.contacted),
        "delivered": write_count(arm.delivered),
        "responded": write_count(arm.responded),
        "converted": write_count(arm.converted),
        "rewarded": write_count(arm.rewarded),
        "revenue": write_yuan(arm.revenue_fen),
        "response_rate": write_percent(arm.response_rate),
        "conversion_rate": write_percent(arm.conversion_rate),
    }
    cells = "".join(f'<td data-label="{escape(say(column))}">{escape(written[column])}</td>' for column in columns)
    return f'<tr><th scope="row">{arm_name(arm, colour, say)}</th>{cells}</tr>'


def arm_name(arm: ArmView, colour: str, say: Speech) -> str:
    """The arm's name beside its colour; the hold-out is marked as such unless its name says so."""
    mark = f' <span class="c-mark">{escape(say("holdout"))}</span>' if arm.holdout and arm.name != "holdout" else ""
    return f'<span class="c-dot" style="background:{colour}"></span>{escape(arm.name)}{mark}'


def uplift_words(arms: Sequence[ArmView], colours: dict[str, str], measure_key: str, say: Speech) -> str:
    """The differences of one measure in words, since a chart alone can't be read aloud."""
    (measure,) = (measure for measure in MEASURES if measure.key == measure_key)
    lines = [
        f"<li>{arm_name(arm, colours[arm.name], say)} "
        f"<b>{escape(write_uplift(measure.of_uplift(arm.uplift), measure, say))}</b></li>"
        for arm in arms
        if arm.uplift is not None
    ]
    return f'<ul class="c-words">{"".join(lines)}</ul>'
