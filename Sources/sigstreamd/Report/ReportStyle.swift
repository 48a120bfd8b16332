/// The page's style sheet. Colours are of Okabe and Ito's palette, which the colour-blind tell apart, lighter on dark.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark; --ground: #fff; --panel: #f6f7f9; --text: #1c2430; --quiet: #5a6572;
      --rule: #dde1e6; --first: #0072b2; --second: #c04f00; --hit: 0 114 178; --miss: 213 94 0; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #14181d; --panel: #1d232a; --text: #e6e9ed; --quiet: #a3adb8; --rule: #36404a;
        --first: #56b4e9; --second: #f0964a; --hit: 56 140 200; --miss: 213 94 0; }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
    header, main { max-width: 1040px; margin: 0 auto; padding: 0 20px; }
    header { padding-top: 28px; }
    h1 { font-size: 26px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
    h2 { font-size: 19px; margin: 0 0 14px; }
    h3 { font-size: 15px; margin: 18px 0 6px; }
    section { margin: 28px 0; padding-top: 18px; border-top: 1px solid var(--rule); }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; }
    dt { color: var(--quiet); }
    dd { margin: 0; overflow-wrap: anywhere; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: 4px 12px; border-bottom: 1px solid var(--rule); text-align: right; }
    th { font-weight: 600; }
    th:first-child { text-align: left; max-width: 320px; overflow-wrap: anywhere; }
    thead th { color: var(--quiet); vertical-align: bottom; }
    .confusion td { min-width: 46px; text-align: center; padding: 6px 8px; border: 1px solid var(--ground); }
    .confusion td.hit { background: rgb(var(--hit) / calc(var(--share) * .55)); }
    .confusion td.miss { background: rgb(var(--miss) / calc(var(--share) * .75)); }
    .confusion td.zero { color: var(--quiet); }
    .confusion thead th:not(:first-child) { text-align: center; padding: 4px 2px; }
    .confusion thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 150px; overflow: hidden;
      text-overflow: ellipsis; white-space: nowrap; }
    .tiles { display: flex; flex-wrap: wrap; gap: 12px; margin-bottom: 16px; }
    .tiles div { background: var(--panel); border-radius: 8px; padding: 10px 18px; color: var(--quiet); }
    .tiles b { display: block; font-size: 21px; color: var(--text); font-variant-numeric: tabular-nums; }
    .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(440px, 100%), 1fr)); gap: 16px; }
    .dense { grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
    figure { margin: 0; background: var(--panel); border-radius: 8px; padding: 12px; min-width: 0; }
    figcaption { font-size: 13.5px; color: var(--quiet); overflow-wrap: anywhere; }
    figcaption b { color: var(--text); }
    .note { color: var(--quiet); font-size: 13.5px; }
    .chart { display: block; width: 100%; height: auto; }
    .chart text { font: 11px system-ui, sans-serif; fill: var(--quiet); }
    .chart .grid { stroke: var(--rule); }
    .chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
    .chart .line.first { stroke: var(--first); }
    .chart .line.second { stroke: var(--second); stroke-dasharray: 6 3; }
    .chart .line.diagonal { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 3 3; }
    .chart .dot.first { fill: var(--first); }
    .chart .dot.second { fill: var(--second); }
    .chart .bar { fill: var(--first); fill-opacity: .35; }
    .chart .mark { stroke: var(--quiet); stroke-dasharray: 2 3; }
    .chart .strip { fill: var(--ground); }
    .chart .padding { fill: var(--rule); fill-opacity: .6; }
    .chart .signal { fill: none; stroke: var(--first); stroke-width: 1.3; stroke-linejoin: round; }
    .key { display: inline-block; width: 22px; margin: 0 6px 4px 10px; border-top: 3px solid var(--first); }
    .key.second { border-top: 3px dashed var(--second); }
    @media print { section { break-inside: avoid; } }
    """
}
