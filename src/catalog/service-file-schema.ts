import * as z from 'zod';
import { manifestSchema } from './manifest.ts';

/**
 * JSON Schema (2020-12) of a service file: a Compose document whose service has an `x-jacker` block.
 * It says the same about the block as {@link manifestSchema}; Compose's own keys are left to Compose.
 */
export function serviceFileJsonSchema(): object {
  const { $schema, ...manifest } = z.toJSONSchema(manifestSchema, { io: 'input' });
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
