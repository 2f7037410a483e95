import { siText } from '../../src/core/si-text.ts';
import { bytesText } from './bytes-text.ts';
import { type Place, placeBlocks } from './layout.ts';
import type { BlockSummary, ModelSummary } from './summary.ts';

/** Pixels. A card without parameters and multiply-adds is low. */
const card = { width: 336, high: 74, low: 50, gapX: 56, gapY: 34 };
const margin = 40;
const headHeight = 128;

/** What a block mostly does, by the first of these operators that it has; the colour of its edge. */
const kinds = [
  {
    name: 'convolution',
    colour: '#2563eb',
    operators: ['Conv', 'ConvTranspose', 'ConvInteger', 'QLinearConv', 'FusedConv'],
  },
  { name: 'recurrence', colour: '#db2777', operators: ['LSTM', 'GRU', 'RNN', 'Scan', 'Loop'] },
  {
    name: 'matrix product',
    colour: '#7c3aed',
    operators: ['Gemm', 'MatMul', 'Einsum', 'MatMulInteger', 'QLinearMatMul', 'Attention'],
  },
  {
    name: 'pooling',
    colour: '#0d9488',
    operators: ['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'ReduceMean', 'ReduceMax'],
  },
  { name: 'other', colour: '#94a3b8', operators: [] as string[] },
];

/**
 * The model as an SVG image: a card a block with its operators, its result's shape, and its parameters and
 * multiply-adds as shares of the whole.
 */
export function drawModel(summary: ModelSummary): string {
  const { blocks } = summary;
  const places = placeBlocks(blocks.map(({ inputs }) => inputs));
  const boxes = boxesOf(blocks, places);
  const lanes = Math.max(0, ...places.map(({ lane }) => lane)) + 1;
  // Connections that pass cards by run on the right of them.
  const width = Math.max(2 * margin + lanes * (card.width + card.gapX) + card.gapX, 560);
  const height = Math.max(headHeight, ...boxes.map(({ y, height }) => y + height)) + margin;
  const wires = blocks.flatMap(({ inputs }, i) =>
    inputs.map((source) => wire(boxes[source], boxes[i], boxes)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif">`,
    `<title>${xml(summary.name)}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z" fill="#64748b"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#f8fafc"/>`,
    head(summary),
    `<g fill="none" stroke="#94a3b8" stroke-width="1.6">${wires.join('')}</g>`,
    ...blocks.map((block, i) => drawCard(block, boxes[i], summary)),
    '</svg>',
    '',
  ].join('\n');
}

/** Where a card is drawn. */
interface Box extends Place {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

function boxesOf(blocks: readonly BlockSummary[], places: readonly Place[]): Box[] {
  const heights = blocks.map(({ parameters, flops }) =>
    parameters > 0 || flops !== 0 ? card.high : card.low,
  );
  const rankHeights: number[] = [];
  places.forEach(({ rank }, i) => {
    rankHeights[rank] = Math.max(rankHeights[rank] ?? 0, heights[i]);
  });
  const tops: number[] = [headHeight];
  for (const [rank, height] of rankHeights.entries()) tops.push(tops[rank] + height + card.gapY);
  return places.map(({ rank, lane }, i) => {
    const x = margin + lane * (card.width + card.gapX);
    return { rank, lane, x, y: tops[rank], height: heights[i] };
  });
}

/** From the bottom of one card to the top of another; where cards stand between them, around their right side. */
function wire(from: Box, to: Box, boxes: readonly Box[]): string {
  const [left, right] = [Math.min(from.lane, to.lane), Math.max(from.lane, to.lane)];
  const isBlocked = boxes.some(
    ({ rank, lane }) => rank > from.rank && rank < to.rank && lane >= left && lane <= right,
  );
  if (!isBlocked) {
    const [x1, y1] = [from.x + card.width / 2, from.y + from.height];
    const [x2, y2] = [to.x + card.width / 2, to.y - 2];
    const bend = Math.min(card.gapY, (y2 - y1) / 2);
    return `<path d="M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}" marker-end="url(#tip)"/>`;
  }
  const side = Math.max(from.x, to.x) + card.width + 10 + 5 * Math.min(6, to.rank - from.rank);
  const [start, end] = [from.y + from.height - 14, to.y + 16];
  return (
    `<path opacity="0.75" d="M${from.x + card.width} ${start} C${side} ${start} ${side} ${start} ${side} ${start + 22} ` +
    `L${side} ${end - 22} C${side} ${end} ${side} ${end} ${to.x + card.width + 2} ${end}" marker-end="url(#tip)"/>`
  );
}

function head({ name, parameters, flops, bytes, nodes, opsets, producer }: ModelSummary): string {
  const facts = [
    `${siText(parameters)} parameters`,
    flops === null ? 'FLOPs not known' : `${siText(flops)} FLOPs`,
    `${bytesText(bytes)} of weights`,
    `${nodes} nodes`,
    ...Object.entries(opsets).map(([domain, version]) => `${domain} ${version}`),
    ...(producer.name ? [`${producer.name} ${producer.version}`.trim()] : []),
  ];
  let end = margin;
  const legend = kinds.map(({ name: kind, colour }) => {
    const x = end;
    end += 16 + Math.ceil(textWidth(kind, 12)) + 18;
    return `<g transform="translate(${x} 92)"><rect width="10" height="10" rx="3" y="-9" fill="${colour}"/><text x="16" font-size="12" fill="#475569">${kind}</text></g>`;
  });
  return [
    `<text x="${margin}" y="44" font-size="22" font-weight="650" fill="#0f172a">${xml(shortened(name || 'graph', 60))}</text>`,
    `<text x="${margin}" y="67" font-size="13" fill="#475569">${xml(facts.slice(0, 4).join(' · '))}</text>`,
    ...legend,
  ].join('\n');
}

function drawCard(block: BlockSummary, box: Box, summary: ModelSummary): string {
  const { x, y, height } = box;
  const { width } = card;
  const { colour } =
    kinds.find(({ operators }) => operators.some((operator) => operator in block.operators)) ?? kinds.at(-1)!;
  const behind =
    block.repeats > 1
      ? [8, 4].map(
          (shift) =>
            `<rect x="${shift}" y="${shift}" width="${width}" height="${height}" rx="10" fill="#fff" stroke="#cbd5e1"/>`,
        )
      : [];
  const shape = block.shape ? block.shape.map((extent) => extent ?? '?').join('×') : '';
  const repeats = block.repeats > 1 ? `×${block.repeats}` : '';
  // The name gets what its row's other texts leave: the shape, in letters of one width, and the repeats.
  const taken = 16 + (repeats ? 8 + textWidth(repeats, 14) : 0) + 12 + 0.62 * 11.5 * shape.length + 14;
  const name = shortened(block.name, Math.max(6, Math.floor((width - taken) / textWidth('n', 14))));
  const times = block.repeats > 1 ? `${block.repeats} × ` : '';
  const costs = [
    ...(block.parameters > 0 ? [`${times}${siText(block.parameters)} parameters`] : []),
    ...(block.flops ? [`${times}${siText(block.flops)} FLOPs`] : []),
  ].join(' · ');
  const share = (part: number | null, whole: number | null) =>
    part && whole ? Math.min(1, (part * block.repeats) / whole) : 0;
  const bar = (level: number, part: number, fill: string) =>
    part > 0
      ? `<rect x="16" y="${height - level}" width="${((width - 32) * part).toFixed(1)}" height="3" rx="1.5" fill="${fill}"/>`
      : '';
  return [
    `<g transform="translate(${x} ${y})">`,
    ...behind,
    `<rect width="${width}" height="${height}" rx="10" fill="#fff" stroke="#cbd5e1"/>`,
    `<path d="M10 0 H6 A6 6 0 0 0 0 6 V${height - 6} A6 6 0 0 0 6 ${height} H10 A10 10 0 0 1 5 ${height - 10} V10 A10 10 0 0 1 10 0 z" fill="${colour}"/>`,
    `<title>${xml(block.name)}: ${xml(operatorText(block.operators, Number.POSITIVE_INFINITY))}</title>`,
    `<text x="16" y="22" font-size="14" font-weight="600" fill="#0f172a">${xml(name)}${repeats && `<tspan fill="${colour}" dx="8">${repeats}</tspan>`}</text>`,
    `<text x="${width - 14}" y="22" font-size="11.5" text-anchor="end" fill="#64748b" font-family="ui-monospace, Menlo, Consolas, monospace">${shape}</text>`,
    `<text x="16" y="41" font-size="12" fill="#334155">${xml(operatorText(block.operators, 44))}</text>`,
    `<text x="16" y="58" font-size="11" fill="#64748b">${costs}</text>`,
    bar(11, share(block.parameters, summary.parameters), '#cbd5e1'),
    bar(7, share(block.flops, summary.flops), colour),
    '</g>',
  ].join('');
}

/** Nodes that compute nothing. */
const quiet = new Set(['Constant', 'Identity']);

/** "3 Conv · 2 Relu · Add", as many as there is room for. @param room in letters */
function operatorText(operators: Readonly<Record<string, number>>, room: number): string {
  const working = Object.entries(operators).filter(([operator]) => !quiet.has(operator));
  const parts = (working.length > 0 ? working : Object.entries(operators)).map(
    ([operator, count]) => `${count > 1 ? `${count} ` : ''}${operator.split(':').at(-1)}`,
  );
  let shown = parts.length;
  const text = () => [...parts.slice(0, shown), ...(shown < parts.length ? ['…'] : [])].join(' · ');
  while (shown > 1 && text().length > room) shown--;
  return shortened(text(), room);
}

/** About as wide as a text is in the widest of the fonts that it may be drawn in; pixels. */
function textWidth(text: string, fontSize: number): number {
  return 0.64 * fontSize * text.length;
}

function shortened(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

function xml(text: string): string {
  // Control characters are not allowed in XML, however they are written.
  const printable = [...text].filter((letter) => letter >= ' ').join('');
  return printable.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
