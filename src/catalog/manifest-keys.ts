import * as z from 'zod';
import { nearestName } from '../settings/suggest.ts';
import { manifestSchema } from './manifest.ts';

/** The part of a JSON Schema that says which keys there are. */
interface Shape {
  properties?: Readonly<Record<string, Shape>>;
  additionalProperties?: Shape | boolean;
  items?: Shape;
  anyOf?: readonly Shape[];
  oneOf?: readonly Shape[];
}

/** The keys that a manifest may have at a path below `x-jacker`, sorted; none where it has no map. */
export function manifestKeys(path: readonly (string | number)[]): string[] {
  let shapes = alternatives(z.toJSONSchema(manifestSchema, { io: 'input' }) as Shape);
  for (const part of path) {
    shapes = shapes
      .flatMap(({ items, properties, additionalProperties }) => {
        if (typeof part === 'number') return items ? [items] : [];
        const own = properties?.[part];
        if (own) return [own];
        return typeof additionalProperties === 'object' ? [additionalProperties] : [];
      })
      .flatMap(alternatives);
  }
  return [...new Set(shapes.flatMap(({ properties }) => Object.keys(properties ?? {})))].sort();
}

/** What to do about a key that the manifest does not have there. */
export function unknownKeyHint(key: string, path: readonly (string | number)[]): string {
  const known = manifestKeys(path);
  const near = nearestName(key, known);
  const list = known.length === 0 ? 'No key is known here.' : `Known here: ${known.join(', ')}.`;
  return near === undefined ? list : `Did you mean ${near}? ${list}`;
}

function alternatives(shape: Shape): Shape[] {
  return [shape, ...[...(shape.anyOf ?? []), ...(shape.oneOf ?? [])].flatMap(alternatives)];
}
