/** An ONNX file as a model. Field numbers: onnx.proto of the ONNX specification. */
import { quoted } from '../core/errors.ts';
import type { Attribute, Graph, GraphNode, GraphPort, Initializer } from './graph.ts';
import type { Model } from './model.ts';
import { parsePort } from './parse-port.ts';
import { type ParseContext, parseEntry, parseTensor, type ReadExternal } from './parse-tensor.ts';
import { Fields } from './proto-reader.ts';

/** How often a file beside the model may be read over, as equal weights that are kept once are. */
const mostReadings = 64;

/** Graphs inside nodes of graphs. Real ones have two or three levels. */
const maxDepth = 32;

/**
 * The model in an ONNX file of any version. Weights are views of `bytes`, which must not change afterwards; what
 * Actionnx has no use for is kept as it is, so that `serializeModel` writes it back.
 *
 * @param source what to call the file in error messages
 * @param readExternal called when the elements of a tensor that lies in another file are asked for
 * @throws UserError when the bytes are not an ONNX model, a tensor's elements do not fit its shape, or external data
 *   would lie outside the model's folder
 * @example const { graph } = parseModel(await readFile('model.onnx'), 'model.onnx');
 */
export function parseModel(bytes: Uint8Array, source: string, readExternal?: ReadExternal): Model {
  const context: ParseContext = { source, readExternal, claims: new Map() };
  const fields = new Fields(bytes, source);
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  let [irVersion, name, version] = [0, '', ''];
  let graph: Graph | undefined;
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        irVersion = fields.small();
        break;
      case 2:
        name = fields.string();
        break;
      case 3:
        version = fields.string();
        break;
      case 7:
        if (graph) throw fields.damaged('more than one graph');
        graph = parseGraph(fields.message(), context, 1);
        break;
      case 8: {
        const [domain, set] = parseOpset(fields.message());
        opsets.set(domain, set);
        break;
      }
      case 14: {
        const [key, value] = parseEntry(fields.message());
        metadata.set(key, value);
        break;
      }
      default:
        fields.keep();
    }
  }
  if (!graph || irVersion < 1) throw fields.damaged(graph ? 'no version' : 'no graph');
  for (const [location, { bytes, end }] of context.claims) {
    if (bytes > mostReadings * end) {
      throw fields.damaged(`tensors of ${bytes} bytes in the first ${end} bytes of ${quoted(location)}`);
    }
  }
  const extra = fields.kept();
  return { graph, irVersion, opsets, producer: { name, version }, metadata, ...(extra && { extra }) };
}

function parseOpset(fields: Fields): [domain: string, version: number] {
  let [domain, version] = ['', 0];
  while (fields.next()) {
    if (fields.number === 1) domain = fields.string();
    else if (fields.number === 2) version = fields.small();
  }
  return [ownDomain(domain), version];
}

/** ONNX's own operators have two names for their domain. */
function ownDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function parseGraph(fields: Fields, context: ParseContext, depth: number): Graph {
  if (depth > maxDepth) throw fields.damaged(`graphs inside one another, more than ${maxDepth} deep`);
  const nodes: GraphNode[] = [];
  const initializers = new Map<string, Initializer>();
  const ports: Record<'inputs' | 'outputs' | 'values', GraphPort[]> = { inputs: [], outputs: [], values: [] };
  let name = '';
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        nodes.push(parseNode(fields.message(), context, depth));
        break;
      case 2:
        name = fields.string();
        break;
      case 5: {
        const tensor = parseTensor(fields.message(), context);
        if (tensor.name === '' || initializers.has(tensor.name)) {
          throw fields.damaged(
            `${tensor.name === '' ? 'an initialiser without a name' : `two initialisers called ${quoted(tensor.name)}`}`,
          );
        }
        initializers.set(tensor.name, tensor);
        break;
      }
      case 11:
        ports.inputs.push(parsePort(fields.message()));
        break;
      case 12:
        ports.outputs.push(parsePort(fields.message()));
        break;
      case 13:
        ports.values.push(parsePort(fields.message()));
        break;
      default:
        fields.keep();
    }
  }
  const { inputs, outputs, values } = ports;
  const extra = fields.kept();
  return {
    ...{ name, nodes, initializers, inputs, outputs },
    ...(values.length > 0 && { values }),
    ...(extra && { extra }),
  };
}

function parseNode(fields: Fields, context: ParseContext, depth: number): GraphNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: [string, Attribute][] = [];
  let [name, operator, domain] = ['', '', ''];
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        inputs.push(fields.string());
        break;
      case 2:
        outputs.push(fields.string());
        break;
      case 3:
        name = fields.string();
        break;
      case 4:
        operator = fields.string();
        break;
      case 5:
        attributes.push(parseAttribute(fields, context, depth));
        break;
      case 7:
        domain = ownDomain(fields.string());
        break;
      default:
        fields.keep();
    }
  }
  if (operator === '') throw fields.damaged(`a node ${quoted(name)} without an operator`);
  if (new Set(attributes.map(([key]) => key)).size !== attributes.length) {
    throw fields.damaged(`two attributes of one name in node ${quoted(name)}`);
  }
  const extra = fields.kept();
  return {
    ...{ name, operator, inputs, outputs, attributes: Object.fromEntries(attributes) },
    ...(domain !== '' && { domain }),
    ...(extra && { extra }),
  };
}

/** AttributeProto.AttributeType. Those that are not here are passed on as they are. */
const kinds = [
  '',
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  '',
  'graphs',
] as const;

/** The field that holds each kind, for files from before attributes stated theirs. */
const kindFields = new Map<number, (typeof kinds)[number]>([
  ...([
    [2, 'float'],
    [3, 'int'],
    [4, 'string'],
    [5, 'tensor'],
    [6, 'graph'],
  ] as const),
  ...([
    [7, 'floats'],
    [8, 'ints'],
    [9, 'strings'],
    [11, 'graphs'],
  ] as const),
]);

/** An attribute. Its doc string is not kept. */
function parseAttribute(node: Fields, context: ParseContext, depth: number): [string, Attribute] {
  const fields = node.message();
  const values = { float: 0, int: 0 as number | bigint, string: '' as string | undefined };
  const lists = {
    floats: [] as number[],
    ints: [] as (number | bigint)[],
    strings: [] as (string | undefined)[],
  };
  const graphs: Graph[] = [];
  let tensor: Initializer | undefined;
  let [name, type, found] = ['', 0, 0];
  while (fields.next()) {
    const { number } = fields;
    if (number === 1) name = fields.string();
    else if (number === 20) type = fields.small();
    if (number === 1 || number === 13) continue;
    fields.keep();
    if (kindFields.has(number)) found = number;
    if (number === 2) values.float = fields.float();
    else if (number === 3) values.int = fields.integer();
    else if (number === 4) values.string = fields.text();
    else if (number === 5) tensor = parseTensor(fields.message(), context);
    else if (number === 6 || number === 11) graphs.push(parseGraph(fields.message(), context, depth + 1));
    else if (number === 7) for (const value of fields.floats()) lists.floats.push(value);
    else if (number === 8) for (const value of fields.integers()) lists.ints.push(value);
    else if (number === 9) lists.strings.push(fields.text());
  }
  if (name === '') throw fields.damaged('an attribute without a name');
  const value = ((): Attribute | undefined => {
    switch (type === 0 ? kindFields.get(found) : kinds[type]) {
      case 'float':
        return { float: values.float };
      case 'int':
        return values.int;
      case 'string':
        return values.string;
      case 'tensor':
        return tensor && { tensor };
      case 'graph':
        return graphs.length === 1 ? { graph: graphs[0] } : undefined;
      case 'floats':
        return { floats: lists.floats };
      case 'ints':
        return lists.ints;
      case 'strings':
        return lists.strings.includes(undefined) ? undefined : { strings: lists.strings as string[] };
      case 'graphs':
        return { graphs };
    }
  })();
  return [name, value ?? { encoded: fields.kept() ?? new Uint8Array() }];
}
