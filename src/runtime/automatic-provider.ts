import { reasonOf } from '../core/errors.ts';
import type { InferenceSession, Provider } from './session.ts';

/**
 * A session on CUDA where it takes the whole graph, else on the CPU. Where a GPU is there and does not get the work,
 * that is said: a run that takes ten times as long should not have to be guessed at.
 *
 * @param open opens the graph on a provider, or throws
 * @param hasGpu whether this machine has an NVIDIA GPU
 * @param onNotice told in one line why the GPU is not used
 * @throws UserError when the CPU does not take the graph either: it decides whether the graph is good at all
 */
export async function openAutomatically(
  open: (provider: Provider) => Promise<InferenceSession>,
  hasGpu: () => boolean,
  onNotice: (message: string) => void = () => {},
): Promise<InferenceSession> {
  let reason: string;
  try {
    return await open('cuda');
  } catch (error) {
    reason = reasonOf(error);
  }
  const session = await open('cpu');
  try {
    if (hasGpu()) {
      onNotice(`it runs on the CPU although there is an NVIDIA GPU, since ${reason}; see actionnx doctor`);
    }
    return session;
  } catch (error) {
    await session.release();
    throw error;
  }
}
