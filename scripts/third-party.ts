import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A package of others whose code is in the bundle. */
interface Bundled {
  name: string;
  version: string;
  license: string;
  /** The texts of its licence files, each under its name. */
  texts: string[];
}

/** Names under which packages keep what has to travel with their code. */
const licenceFile = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * The licences of every package whose code the bundle holds: nearly all of them ask that their text
 * goes where the code goes. Throws where a package says nothing of its licence.
 *
 * @param inputs the files that went into the bundle, relative to the root
 */
export async function thirdPartyLicences(root: string, inputs: Iterable<string>): Promise<string> {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  const packages = await Promise.all([...folders].sort().map((folder) => read(join(root, folder))));
  const rule = '-'.repeat(78);
  return [
    'The program contains code of these packages, each under its own licence.\n',
    ...packages.map(({ name, version, license, texts }) =>
      [`${rule}\n${name} ${version} (${license})\n`, ...texts].join('\n'),
    ),
  ].join('\n');
}

async function read(folder: string): Promise<Bundled> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
    author?: string | { name?: string };
  };
  const { name, version, license, author } = manifest;
  const files = (await readdir(folder)).filter((file) => licenceFile.test(file)).sort();
  if (license === undefined && files.length === 0) {
    throw new Error(`${name} is bundled and says nothing of its licence`);
  }
  const texts = await Promise.all(
    files.map(async (file) => `${(await readFile(join(folder, file), 'utf8')).trim()}\n`),
  );
  const by = typeof author === 'string' ? author : author?.name;
  if (texts.length === 0 && by !== undefined) texts.push(`By ${by}.\n`);
  return { name, version, license: license ?? 'see below', texts };
}
