import * as z from 'zod';
import { manifestDescriptions } from './manifest-descriptions.ts';
import { manifestSchema } from './manifest.ts';

/** The parts of a JSON Schema in which keys are declared. */
interface Shape {
  description?: string;
  properties?: Record<string, Shape>;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
}

/**
 * JSON Schema (2020-12) of a service file: a Compose document whose service has an `x-jacker` block.
 * It says the same about the block as {@link manifestSchema}; Compose's own keys are left to Compose.
 */
export function serviceFileJsonSchema(): object {
  const { $schema, ...manifest } = z.toJSONSchema(manifestSchema, { io: 'input' });
  describeKeys(manifest as Shape, '');
  return {
    $schema,
    title: 'A service of Jacker',
    type: 'object',
    required: ['services'],
    properties: {
      services: {
        type: 'object',
        minProperties: 1,
        maxProperties: 1,
        additionalProperties: {
          type: 'object',
          required: ['image', 'x-jacker'],
          properties: { image: { type: 'string' }, 'x-jacker': { $ref: '#/$defs/manifest' } },
        },
      },
    },
    $defs: { manifest: { title: 'What the service needs', ...manifest } },
  };
}

/** Gives each key below a shape the sentence that an editor shows beside it. */
function describeKeys(shape: Shape, path: string): void {
  for (const [key, value] of Object.entries(shape.properties ?? {})) {
    const place = path === '' ? key : `${path}.${key}`;
    const description = manifestDescriptions[place];
    if (description !== undefined) value.description = description;
    describeKeys(value, place);
  }
  for (const part of [shape.items ?? [], shape.anyOf ?? [], shape.oneOf ?? []].flat()) {
    describeKeys(part, path);
  }
}
