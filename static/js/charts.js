// Draws [data-chart] boxes from the JSON beside them: {kind, unit, labels, series: [{name, values, states, links}], goal, links}.
// kind: "bar" (ranking, horizontal), "column", "stack", "line". The table below each chart says the same in words.
(function () {
  "use strict";
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(`--${name}`).trim();
  const scale = parseFloat(css.fontSize) / 16;
  const palette = [colour("blue"), "#5b8fc9", "#7aa36f", "#c69a4b", "#8d7fb3", "#7b8794"];
  const states = { met: colour("met"), near: colour("near"), late: colour("late"), none: colour("none") };
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  function series(data, one, index) {
    const line = data.kind === "line";
    const drawn = {
      name: one.name,
      type: line ? "line" : "bar",
      data: one.values.map((value, at) => ({ value, itemStyle: one.states && one.states[at] ? { color: states[one.states[at]] } : undefined })),
      color: palette[index % palette.length],
      stack: data.kind === "stack" ? "all" : undefined,
      barMaxWidth: 22 * scale,
      symbolSize: 6,
      label: { show: data.kind === "bar" && data.series.length === 1, position: "right", color: colour("ink-2"), fontSize: 12 * scale },
    };
    if (index === 0 && data.goal != null) {
      drawn.markLine = { silent: true, symbol: "none", lineStyle: { color: colour("ink-2"), type: "dashed" }, label: { formatter: data.goal_label || String(data.goal), color: colour("ink-2"), fontSize: 12 * scale, position: data.kind === "bar" ? "end" : "insideEndTop" }, data: [data.kind === "bar" ? { xAxis: data.goal } : { yAxis: data.goal }] };
    }
    return drawn;
  }

  function option(data) {
    const text = { color: colour("ink-2"), fontSize: 12 * scale };
    const rule = { lineStyle: { color: colour("line") } };
    const flat = data.kind === "bar";
    const category = { type: "category", data: data.labels, inverse: flat, axisLabel: { ...text, width: flat ? 120 * scale : undefined, overflow: "truncate" }, axisLine: rule, axisTick: { show: false } };
    const value = { type: "value", min: 0, name: data.unit, nameTextStyle: text, axisLabel: text, splitLine: rule, minInterval: data.whole ? 1 : 0 };
    return {
      animation: !still,
      textStyle: { fontFamily: css.getPropertyValue("--sans") },
      grid: { left: 8, right: flat ? 56 * scale : 16, top: 36 * scale, bottom: 8, containLabel: true },
      legend: data.series.length > 1 ? { top: 0, right: 0, textStyle: text, icon: "roundRect", itemWidth: 12, itemHeight: 12 } : undefined,
      tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: flat || data.kind !== "line" ? "shadow" : "line" }, backgroundColor: colour("card"), borderColor: colour("line-strong"), textStyle: { color: colour("ink"), fontSize: 13 * scale } },
      xAxis: flat ? value : category,
      yAxis: flat ? category : value,
      series: data.series.map((one, index) => series(data, one, index)),
    };
  }

  function draw(box) {
    const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const chart = echarts.init(box);
    chart.setOption(option(data));
    chart.on("click", (event) => {
      const links = (data.series[event.seriesIndex] || {}).links || data.links || [];
      if (links[event.dataIndex]) location.href = links[event.dataIndex];
    });
    new ResizeObserver(() => chart.resize()).observe(box);
  }
  document.querySelectorAll("[data-chart]").forEach(draw);
})();
