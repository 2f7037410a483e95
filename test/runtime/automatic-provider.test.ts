import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { openAutomatically } from '../../src/runtime/automatic-provider.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { Provider } from '../../src/runtime/session.ts';
import { leftBehind } from '../left-behind.ts';

const graph = await readFile(new URL('../golden/tiny-frame.onnx', import.meta.url));

/** Opens on the CPU what is asked for of any provider that is not refused. */
function opener(refused: readonly Provider[], bytes: Uint8Array = graph) {
  const tried: Provider[] = [];
  const open = async (provider: Provider) => {
    tried.push(provider);
    if (refused.includes(provider)) throw new Error(`the provider ${provider} does not load this graph`);
    return { ...(await nodeRuntime.open(bytes, { provider: 'cpu' })), provider };
  };
  return { tried, open };
}

async function openWith(hasGpu: boolean, { open }: ReturnType<typeof opener>) {
  const notices: string[] = [];
  const session = await openAutomatically(
    open,
    () => hasGpu,
    (notice) => notices.push(notice),
  );
  await session.release();
  return { provider: session.provider, notices };
}

describe('openAutomatically', () => {
  it('takes CUDA where it takes the graph, and says nothing', async () => {
    const { tried, open } = opener([]);
    expect(await openWith(true, { tried, open })).toEqual({ provider: 'cuda', notices: [] });
    expect(tried).toEqual(['cuda']);
  });

  it('takes the CPU without a word where there is no GPU', async () => {
    expect(await openWith(false, opener(['cuda']))).toEqual({ provider: 'cpu', notices: [] });
  });

  it('says why the CPU is taken where there is a GPU', async () => {
    expect(await openWith(true, opener(['cuda']))).toEqual({
      provider: 'cpu',
      notices: [
        'it runs on the CPU although there is an NVIDIA GPU, since the provider cuda does not load this graph; see actionnx doctor',
      ],
    });
  });

  it("gives the CPU's reason for a graph that is none, and no notice", async () => {
    const notices: string[] = [];
    const { open } = opener(['cuda'], Buffer.from('no graph'));
    await expect(
      openAutomatically(
        open,
        () => true,
        (notice) => notices.push(notice),
      ),
    ).rejects.toThrow('the graph must be valid ONNX');
    expect(notices).toEqual([]);
  });

  it('releases what it has opened where the one who listens fails', async () => {
    const { open } = opener(['cuda']);
    const enough = () => {
      throw new Error('enough');
    };
    const left = await leftBehind(async () => {
      await expect(openAutomatically(open, () => true, enough)).rejects.toThrow('enough');
      await (await openAutomatically(open, () => true)).release();
    });
    expect(left).toEqual({});
  });
});
