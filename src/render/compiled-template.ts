import type Handlebars from 'handlebars';
import untypedRuntime from 'handlebars/runtime.js';
import type { Format } from './quote.ts';
import { templateEngine, type TemplateEngine } from './template-engine.ts';

// The runtime is the part of Handlebars that runs compiled templates; its own types leave that out.
const runtime = untypedRuntime as unknown as typeof Handlebars;

/** What the build made of each template, by its file. */
export type CompiledTemplates = Readonly<Record<string, object>>;

/** An engine of one format that only knows templates which the build has compiled. */
export function createCompiledEngine(format: Format, compiled: CompiledTemplates): TemplateEngine {
  const environment = runtime.create();
  return templateEngine(format, {
    environment,
    load({ file }) {
      const specification = compiled[file];
      if (!specification) throw new RangeError(`${file} was not compiled`);
      return environment.template(specification);
    },
  });
}
