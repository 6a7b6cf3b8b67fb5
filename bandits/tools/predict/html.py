"""Forecasts as an interactive page (plotly): one file that needs no network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from bandits.tools.plots.colours import GREY, INK, LIGHT, PALE_INK
from bandits.tools.predict.picture import Drawn, Picture

__all__ = ["figure_of", "write_html"]


def write_html(picture: Picture, path: Path) -> None:
    """Write the page that `figure_of` describes."""
    figure_of(picture).write_html(path, include_plotlyjs=True, full_html=True, div_id="forecasts")


def figure_of(picture: Picture) -> Any:
    """Curves on the left, forecasts on the right, best first, both on one vertical axis; a row's name links them."""
    figure = make_subplots(cols=2, shared_yaxes=True, column_widths=[0.6, 0.4], horizontal_spacing=0.02)
    figure.add_trace(_behind(picture), row=1, col=1)
    for place, row in reversed(list(enumerate(picture.rows))):
        figure.add_trace(_curve(row, picture), row=1, col=1)
        figure.add_trace(_end(place, row, picture), row=1, col=2)
        if row.truth is not None:
            mark = {"symbol": "x-thin", "size": 7, "line": {"width": 1.5, "color": INK}}
            text = f"row {row.row}<br>ended at {row.truth:.6g}<extra></extra>"
            figure.add_trace(
                go.Scatter(x=[place], y=[row.truth], mode="markers", marker=mark, hovertemplate=text), row=1, col=2
            )
    if picture.best is not None and picture.best in picture.frame:
        figure.add_hline(
            y=picture.best, line={"color": INK, "width": 1, "dash": "dash"}, row=1, col=2,
            annotation={"text": "best complete row", "font": {"size": 10}},
        )  # fmt: skip
    _lay_out(figure, picture)
    return figure


def _behind(picture: Picture) -> Any:
    """All complete curves as one broken line, which is much lighter than a line each."""
    xs: list[int | None] = []
    ys: list[float | None] = []
    for curve in picture.behind:
        xs += [*range(1, picture.horizon + 1), None]
        ys += [*curve.tolist(), None]
    line = {"color": GREY, "width": 0.7}
    return go.Scatter(x=xs, y=ys, mode="lines", line=line, opacity=0.6, hoverinfo="skip", name="complete rows")


def _curve(row: Drawn, picture: Picture) -> Any:
    seen = len(row.values)
    return go.Scatter(
        x=[*range(1, seen + 1), None, seen, picture.horizon],
        y=[*row.values.tolist(), None, float(row.values[-1]), row.mean],
        mode="lines",
        line={"color": row.colour, "width": 1.6},
        name=f"row {row.row}",
        legendgroup=f"row {row.row}",
        hovertemplate=f"row {row.row}, epoch %{{x}}: %{{y:.5g}}<br>{_escaped(row.config)}<extra></extra>",
    )


def _end(place: int, row: Drawn, picture: Picture) -> Any:
    low, high = max(row.low, picture.frame.bottom), min(row.high, picture.frame.top)
    return go.Scatter(
        x=[place],
        y=[row.mean],
        mode="markers",
        marker={"color": row.colour, "size": 8},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, high - row.mean)],
            "arrayminus": [max(0.0, row.mean - low)],
            "color": row.colour,
            "thickness": 2,
            "width": 0,
        },
        legendgroup=f"row {row.row}",
        hovertemplate=(
            f"row {row.row}<br>forecast {row.mean:.6g}"
            f"<br>{picture.coverage:.4g} interval {row.low:.6g} to {row.high:.6g}"
            f"<br>{len(row.values)} epochs measured, last {row.values[-1]:.6g}<br>{_escaped(row.config)}<extra></extra>"
        ),
    )


def _lay_out(figure: Any, picture: Picture) -> None:
    caption = "<br>".join(_escaped(line) for line in picture.captions)
    figure.update_layout(
        title={"text": _escaped(picture.title), "x": 0.01, "xanchor": "left"},
        template="plotly_white",
        showlegend=False,
        height=680,
        margin={"l": 70, "r": 30, "t": 60, "b": 150},
        font={"color": INK, "size": 12},
    )
    figure.add_annotation(
        text=caption, xref="paper", yref="paper", x=0, y=-0.16, xanchor="left", yanchor="top", showarrow=False,
        align="left", font={"size": 11, "color": PALE_INK},
    )  # fmt: skip
    figure.update_yaxes(gridcolor=LIGHT, zeroline=False)
    if picture.frame.logarithmic:
        figure.update_yaxes(type="log", range=[math.log10(value) for value in picture.frame.ends])
    else:
        figure.update_yaxes(range=list(picture.frame.ends))
    figure.update_yaxes(title=_escaped(picture.metric), row=1, col=1)
    figure.update_xaxes(
        title="epoch", range=[1, picture.horizon + 0.02 * picture.horizon], row=1, col=1, showgrid=False
    )
    figure.update_xaxes(
        title=f"row: forecast and {picture.coverage:.4g} interval",
        tickvals=list(range(len(picture.rows))),
        ticktext=[str(row.row) for row in picture.rows],
        tickangle=-90,
        tickfont={"size": 9},
        range=[-0.7, max(len(picture.rows), 1) - 0.3],
        showgrid=False,
        row=1,
        col=2,
    )


def _escaped(text: str) -> str:
    """Text whose characters plotly does not read as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "% {")
