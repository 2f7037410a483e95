/**
 * Before each file of tests that shares a process with others: tfjs computes in plain JavaScript again, as it does
 * where nothing else was selected. Its engine is global, and outlives the files.
 */
interface TfjsEngine {
  readonly registryFactory: Readonly<Record<string, unknown>>;
  setBackend(name: string): Promise<boolean>;
}

const { _tfengine: engine } = globalThis as { _tfengine?: TfjsEngine };
if (engine && 'cpu' in engine.registryFactory) await engine.setBackend('cpu');

export {};
