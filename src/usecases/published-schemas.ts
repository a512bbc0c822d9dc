import { join } from 'node:path';
import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { JackerError, type Problem } from '../error.ts';
import type { World } from '../io/world.ts';
import { entryOf } from '../settings/env-file.ts';
import type { Project } from './project.ts';

/**
 * Checks a project that Jacker finds valid against the JSON Schemas that it publishes: what an
 * editor or another program makes of `.env` and `services/` by them has to be the same. Throws
 * `manifest-invalid` or `settings-invalid` with every place that a schema refuses.
 *
 * @param root the installed package, whose `schemas/` are meant
 */
export async function requirePublishedSchemas(
  world: Pick<World, 'files'>,
  root: string,
  project: Project,
): Promise<void> {
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    allowUnionTypes: true,
    // What is behind these names Jacker has checked itself, more closely.
    formats: { uri: true, date: true },
  });
  const compile = async (name: string) => {
    const text = await world.files.readText(join(root, 'schemas', name));
    return ajv.compile(JSON.parse(text ?? '{}') as object);
  };

  const own = [...project.catalog.values()].filter(({ file }) => !file.startsWith('compose/'));
  const problems: Problem[] = [];
  if (own.length > 0) {
    const isService = await compile('service.schema.json');
    for (const { file, at } of own) {
      isService(parse((await world.files.readText(join(project.directory, file))) ?? ''));
      for (const error of leaves(isService.errors)) {
        const path = error.instancePath.split('/').slice(3);
        problems.push({
          ...described(error),
          where: at(path.map((part) => (/^\d+$/.test(part) ? Number(part) : part))),
        });
      }
    }
  }
  if (problems.length > 0) throw new JackerError('manifest-invalid', problems);

  const schema = await compile('settings.schema.json');
  const { properties } = schema.schema as { properties?: Record<string, unknown> };
  // Settings of one's own services are in no schema that was published before them.
  schema(
    Object.fromEntries(
      Object.entries(project.settings.values).filter(([key]) => key in (properties ?? {})),
    ),
  );
  for (const error of leaves(schema.errors)) {
    const [key = ''] = error.instancePath.split('/').slice(1);
    const line = entryOf(project.env, key)?.line;
    problems.push({
      ...described(error),
      where: { file: project.envPath, key, ...(line === undefined ? {} : { line }) },
    });
  }
  if (problems.length > 0) throw new JackerError('settings-invalid', problems);
}

/** The errors that say something: not that a branch failed, but why. */
function leaves(errors: readonly ErrorObject[] | null | undefined): ErrorObject[] {
  return (errors ?? []).filter(({ keyword }) => !['if', 'anyOf', 'oneOf'].includes(keyword));
}

function described({ message, keyword }: ErrorObject): Pick<Problem, 'what' | 'why' | 'hint'> {
  return {
    what: `does not fit the published schema: ${message ?? keyword}`,
    hint: 'Correct it; where Jacker itself takes it, the schema is out of date: report that.',
  };
}
