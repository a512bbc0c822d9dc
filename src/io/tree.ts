/** One file that Jacker generates. */
export interface TreeFile {
  content: string;
  /** Permission bits. */
  mode: number;
}

/** Generated files by their path relative to the project folder, with forward slashes. */
export type FileTree = ReadonlyMap<string, TreeFile>;
