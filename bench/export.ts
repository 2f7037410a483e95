/**
 * The exporter beside its peers: what writing costs against tf2onnx, how close graphs come to tfjs, what each pass
 * brings, where Winograd's filtering pays, and the forms and precisions of a graph against torch.onnx. Peers need
 * Python, and are left out, by name, where it or a package is missing. Run after `npm ci`, all or some:
 * node dist/bench/export.js [writing] [parity] [passes] [winograd] [forms]
 * Models that others published on npm are fetched and exported only when they are asked for:
 * node dist/bench/export.js foreign [package…]
 */
import { selectBackend } from '../models/train/backend.ts';
import { compareForeign } from './export/foreign.ts';
import { compareForms } from './export/forms.ts';
import { compareParity } from './export/parity.ts';
import { comparePasses } from './export/passes.ts';
import { compareWinograd } from './export/winograd.ts';
import { compareWriting } from './export/writing.ts';

const parts: Readonly<Record<string, { title: string; compare: () => Promise<void> }>> = {
  writing: { title: 'What it costs to write the full-size systems', compare: compareWriting },
  parity: { title: "How close well-known models of tfjs's come to tfjs", compare: compareParity },
  passes: { title: 'What each pass brings', compare: comparePasses },
  winograd: { title: "Where Winograd's filtering pays", compare: compareWinograd },
  forms: { title: 'Forms and precisions', compare: compareForms },
};
const asked = process.argv.slice(2);
if (asked[0] === 'foreign') {
  console.log('# Models that others published\n');
  await compareForeign(asked.slice(1));
  process.exit(0);
}
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')} (known: ${Object.keys(parts).join(', ')}, foreign)`);
  process.exit(2);
}
await selectBackend('cpu');
for (const [name, { title, compare }] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`# ${title}\n`);
  await compare();
  console.log();
}
// onnxruntime-web's threads would keep the process.
process.exit(0);
