import { elementTypeOf } from './element-type.ts';
import type { GraphPort } from './graph.ts';
import type { Fields } from './proto-reader.ts';

/** A ValueInfoProto. */
export function parsePort(fields: Fields): GraphPort {
  let name = '';
  let type: Pick<GraphPort, 'dtype' | 'shape'> = { dtype: null, shape: null };
  while (fields.next()) {
    if (fields.number === 1) {
      name = fields.string();
    } else if (fields.number === 2) {
      const tensor = parseTensorType(fields.message());
      if (tensor) type = tensor;
      else fields.keep();
    } else {
      fields.keep();
    }
  }
  const extra = fields.kept();
  return { name, ...type, ...(extra && { extra }) };
}

/** A TypeProto of a tensor; undefined for any other. */
function parseTensorType(fields: Fields): Pick<GraphPort, 'dtype' | 'shape'> | undefined {
  let type: Pick<GraphPort, 'dtype' | 'shape'> | undefined;
  while (fields.next()) {
    if (fields.number !== 1) return undefined;
    const tensor = fields.message();
    let shape: (number | string)[] | null = null;
    let code = 0;
    while (tensor.next()) {
      if (tensor.number === 1) code = tensor.small();
      else if (tensor.number === 2) shape = parseShape(tensor.message());
    }
    const dtype = elementTypeOf(code);
    if (!dtype) return undefined;
    type = { dtype, shape };
  }
  return type;
}

function parseShape(fields: Fields): (number | string)[] {
  const shape: (number | string)[] = [];
  while (fields.next()) {
    if (fields.number !== 1) continue;
    const dimension = fields.message();
    let extent: number | string = '';
    while (dimension.next()) {
      if (dimension.number === 1) {
        extent = dimension.small();
        // Some exporters write −1 for what is not known.
        if (extent < 0) extent = '';
      } else if (dimension.number === 2) {
        extent = dimension.string();
      }
    }
    shape.push(extent);
  }
  return shape;
}
