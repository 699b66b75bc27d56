"""Pictures (SVG) of what was measured: bars, and lines over a number. Python's standard library only."""
import html
import itertools
import math

WIDTH, LABELS, BAR, GAP = 760, 270, 18, 8
INK, FAINT, MARK, PALE = "#334155", "#cbd5e1", "#0f766e", "#94a3b8"
LINES = ("#b45309", "#64748b", "#7c3aed", "#be123c", "#0369a1", "#4d7c0f", "#a21caf", "#854d0e", "#1d4ed8", "#15803d")
# A bar that is much longer than the others must not press them to the left edge: beyond this it says its figure only.
BAR_MAX = 6.0


def bars(title, rows, mark=None, figure="{:.2f}"):
    """rows: (label, value, "ours" | "floor" | ""). mark: a value with a dashed line; bars of multiples are cut off."""
    longest = max(value for _, value, _ in rows)
    cap = (min(longest, BAR_MAX) if mark else longest) * 1.08
    scale = (WIDTH - LABELS - 70) / cap
    height = 46 + len(rows) * (BAR + GAP)
    parts = [text(12, 22, title, 14, bold=True)]
    if mark:
        parts.append(line(LABELS + mark * scale, 34, LABELS + mark * scale, height - 6, FAINT, dashed=True))
    for index, (label, value, kind) in enumerate(rows):
        y, width = 38 + index * (BAR + GAP), min(value, cap) * scale
        colour = {"ours": MARK, "floor": INK}.get(kind, PALE)
        parts.append(text(LABELS - 8, y + 13, label, 12, anchor="end", bold=kind == "ours"))
        parts.append(f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{colour}"/>')
        parts.append(text(LABELS + width + 6, y + 13, figure.format(value), 12, bold=kind == "ours"))
    return svg(height, parts)


def lines(title, series, x_ticks=None, x_title="", log=True, zero=False):
    """series: (label, [(x, y), …], "ours" | "floor" | ""); y is drawn on a scale of powers of ten, or a plain one.

    x_ticks: (x, label) pairs; left out, round numbers from 0.
    """
    top, left, right, plot = 40, 60, 230, 240
    points = [point for _, row, _ in series for point in row]
    if not x_ticks:
        x_ticks = [(tick, f"{tick:,g}") for tick in round_ticks(0, max(x for x, _ in points))]
    x_low, x_high = x_ticks[0][0], max(x_ticks[-1][0], max(x for x, _ in points))
    x = lambda value: left + (value - x_low) / ((x_high - x_low) or 1) * (WIDTH - left - right)
    if log:
        scaled = lambda value: math.log10(max(value, 1e-6))
        low = math.floor(min(scaled(value) for _, value in points))
        high = max(math.ceil(max(scaled(value) for _, value in points) + 1e-9), low + 1)
        y_ticks = [10 ** power for power in range(low, high + 1)]
    else:
        scaled = lambda value: value
        y_ticks = round_ticks(0 if zero else min(value for _, value in points), max(value for _, value in points))
        low, high = y_ticks[0], y_ticks[-1]
    y = lambda value: top + plot - (scaled(value) - low) / ((high - low) or 1) * plot
    parts = [text(12, 22, title, 14, bold=True)]
    for tick in y_ticks:
        parts.append(line(left, y(tick), WIDTH - right, y(tick), FAINT))
        parts.append(text(left - 8, y(tick) + 4, f"{tick:g}", 11, anchor="end"))
    for value, label in x_ticks:
        parts.append(text(x(value), top + plot + 18, label, 11, anchor="middle"))
    parts.append(text((left + WIDTH - right) / 2, top + plot + 36, x_title, 11, anchor="middle"))
    colours = itertools.cycle(LINES)
    for index, (label, row, kind) in enumerate(series):
        colour = {"ours": MARK, "floor": INK}.get(kind) or next(colours)
        width, beside = 3 if kind == "ours" else 1.5, top + 8 + index * 17
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in row)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        if len(row) < 40:
            parts += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="{width}" fill="{colour}"/>' for a, b in row]
        parts.append(line(WIDTH - right + 16, beside, WIDTH - right + 38, beside, colour, width))
        parts.append(text(WIDTH - right + 44, beside + 4, label[:30], 11, bold=kind == "ours"))
    return svg(max(top + plot + (46 if x_title else 34), top + 20 + len(series) * 17), parts)


def round_ticks(low, high):
    """Round numbers from at or below `low` to at or above `high`, about five."""
    rough = max(high - low, abs(high) * 0.01, 1e-9) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.10g}") for index in range(first, max(last, first + 1) + 1)]


def text(x, y, words, size, anchor="start", bold=False):
    weight = ' font-weight="600"' if bold else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{INK}"{weight}>'
            f'{html.escape(words)}</text>')


def line(x1, y1, x2, y2, colour, width=1, dashed=False):
    dashes = ' stroke-dasharray="3 3"' if dashed else ""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"{dashes}/>')


def svg(height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="#ffffff"/>'
            + "".join(parts) + "</svg>\n")
