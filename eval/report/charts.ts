import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { LabelScores } from '../metrics/index.ts';
import type { ReportEpoch, ReportTraining } from './data.ts';
import { type Markup, raw } from './html.ts';

use([BarChart, LineChart, GridComponent, TitleComponent, SVGRenderer]);

/** A predictor in a chart. Colours are CSS, so that a chart follows the page's light and dark. */
export interface ChartSeries {
  readonly name: string;
  readonly colour: string;
}

const ink = 'var(--ink)';
const faint = 'var(--faint)';
const rule = 'var(--rule)';

/** Draws a chart as an SVG that scales with its column. No DOM is needed, and no script stays behind. */
function draw(option: EChartsCoreOption, width: number, height: number, title: string): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    const svg = chart
      .renderToSVGString()
      // Hover styles and data attributes are for echarts' own client script, which a printed page has not.
      .replace(/<style[^>]*>.*?<\/style>/gs, '')
      .replace(/ (?:ecmeta_\w+|class)="[^"]*"/g, '')
      .replace(/^<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${title}"`);
    return raw(svg);
  } finally {
    chart.dispose();
  }
}

const rowHeight = 17;
const labelWidth = 128;
const supportWidth = 96;
const gap = 26;

/**
 * Bars of every label's F1 in percent, a column per predictor and one for the support.
 *
 * @param labels the rows, top to bottom
 * @param columns per predictor, its scores in the rows' order
 */
export function labelChart(
  labels: readonly { readonly label: string; readonly support: number }[],
  columns: readonly { readonly series: ChartSeries; readonly scores: readonly LabelScores[] }[],
): Markup {
  const width = 1000;
  const top = 30;
  const height = top + labels.length * rowHeight + 8;
  const columnWidth = (width - labelWidth - supportWidth - gap * (columns.length + 1)) / columns.length;
  const left = (column: number) => labelWidth + column * (columnWidth + gap);
  const names = labels.map(({ label }) => label);

  const panels = columns.map(({ series, scores }, column) => ({
    title: series.name,
    colour: series.colour,
    left: left(column),
    width: columnWidth,
    max: 100,
    values: scores.map(({ f1 }) => (f1 === null ? null : f1 * 100)),
  }));
  panels.push({
    title: 'support',
    colour: faint,
    left: left(columns.length),
    width: supportWidth - 6,
    max: Math.max(1, ...labels.map(({ support }) => support)) * 1.25,
    values: labels.map(({ support }) => support),
  });

  return draw(
    {
      title: panels.map((panel) => ({
        text: panel.title,
        left: panel.left - 5,
        top: 2,
        textStyle: { color: ink, fontSize: 12, fontWeight: 600, width: panel.width, overflow: 'truncate' },
      })),
      grid: panels.map((panel) => ({ left: panel.left, top, width: panel.width, bottom: 8 })),
      xAxis: panels.map((panel, gridIndex) => ({ gridIndex, type: 'value', max: panel.max, show: false })),
      yAxis: panels.map((_, gridIndex) => ({
        gridIndex,
        type: 'category',
        inverse: true,
        data: names,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { show: gridIndex === 0, color: ink, fontSize: 11, interval: 0 },
      })),
      series: panels.map((panel, index) => ({
        type: 'bar',
        xAxisIndex: index,
        yAxisIndex: index,
        barWidth: rowHeight - 5,
        showBackground: true,
        backgroundStyle: { color: 'var(--track)', borderRadius: 2 },
        itemStyle: { color: panel.colour, borderRadius: 2 },
        label: {
          show: true,
          position: 'right',
          distance: 3,
          color: faint,
          fontSize: 10,
          formatter: ({ value }: { value: number }) => String(Math.round(value)),
        },
        data: panel.values,
      })),
    },
    width,
    height,
    'F1 by label',
  );
}

/** The first epoch with the highest F1. */
export function bestEpoch(epochs: readonly ReportEpoch[]): ReportEpoch {
  return epochs.reduce((best, epoch) => (epoch.f1 > best.f1 ? epoch : best));
}

/** A score in percent against the epoch, a line a system (each of at least one epoch), the best epoch marked. */
export function epochChart(
  training: readonly ReportTraining[],
  seriesOf: (system: string) => ChartSeries,
  title = 'F1',
): Markup {
  return draw(
    {
      grid: { left: 44, right: 24, top: 28, bottom: 40 },
      xAxis: {
        type: 'value',
        name: 'epoch',
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: { color: faint },
        minInterval: 1,
        min: 0,
        max: Math.max(1, ...training.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch))),
        axisLine: { lineStyle: { color: rule } },
        axisTick: { show: false },
        axisLabel: { color: faint },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        name: `${title}, %`,
        nameTextStyle: { color: faint, align: 'right' },
        min: 0,
        axisLabel: { color: faint },
        splitLine: { lineStyle: { color: rule } },
      },
      series: training.map(({ system, epochs }) => {
        const { colour } = seriesOf(system);
        const best = bestEpoch(epochs);
        return {
          type: 'line',
          name: system,
          lineStyle: { color: colour, width: 2.25 },
          itemStyle: { color: colour },
          data: epochs.map((point) => ({
            value: [point.epoch, point.f1 * 100],
            symbol: point === best || epochs.length === 1 ? 'circle' : 'none',
            symbolSize: 9,
          })),
        };
      }),
    },
    1000,
    340,
    `Validation ${title} against epoch`,
  );
}
