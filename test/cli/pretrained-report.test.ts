import { expect, it } from 'vitest';
import { pretrainedReport } from '../../cli/pretrained-report.ts';

const match = { names: 'torchvision', architecture: null, matched: [], unmatched: [] };
const lines = (metadata: Record<string, string>) => pretrainedReport(match, metadata).split('\n').slice(3);

it('says which state dict of a checkpoint was taken, and what was left out', () => {
  const metadata = {
    stateDict: 'model_ema',
    otherDicts: 'model, optimizer',
    skippedObjects: 'args: Namespace',
  };
  expect(lines(metadata)).toEqual([
    'state dict: model_ema, and not model, optimizer',
    'left out, unread: args: Namespace',
  ]);
  expect(lines({ stateDict: 'state_dict' })).toEqual(['state dict: state_dict']);
  expect(lines({})).toEqual([]);
});

it('keeps what a file says to one line of some length', () => {
  const [line] = lines({ skippedObjects: `a\nb\u001b[2J${'c'.repeat(1000)}` });
  expect(line).toMatch(/^left out, unread: a b \[2Jc+$/);
  expect(line).toHaveLength(300);
});
