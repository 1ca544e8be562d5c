/** What the panel asks of the server beside the socket: to make, rename and drop shared tables. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

const DATASETS = 'tabweave/api/v1/datasets';

interface Refused {
  error?: { message?: string; hint?: string };
}

/** What the server noticed while it read a file. */
export type Made = {
  name: string;
  rows: number;
  notes: readonly string[];
  rejected: number;
};

interface Created {
  dataset: { name: string; rows: number };
  notes: { column: string | null; message: string }[];
  n_rejected: number;
}

function told({ column, message }: Created['notes'][number]): string {
  return column === null ? message : `${column}: ${message}`;
}

export class Server {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  private async ask(path: string, init: RequestInit): Promise<Response> {
    // Without this JupyterLab adds the time to the address.
    const plain: RequestInit = { cache: 'no-cache', ...init };
    const answer = await ServerConnection.makeRequest(URLExt.join(this.settings.baseUrl, path), plain, this.settings);
    if (answer.ok) {
      return answer;
    }
    const { error } = (await answer.json().catch(() => ({}))) as Refused;
    throw new Error(`${error?.message ?? `The server answered ${answer.status}.`} ${error?.hint ?? ''}`.trim());
  }

  private path(name: string, ...more: string[]): string {
    return URLExt.join(DATASETS, encodeURIComponent(name), ...more);
  }

  /** Where a table can be downloaded from. */
  download(name: string, format: 'csv' | 'parquet'): string {
    return `${URLExt.join(this.settings.baseUrl, this.path(name, 'rows'))}?format=${format}`;
  }

  async drop(name: string): Promise<void> {
    await this.ask(this.path(name), { method: 'DELETE' });
  }

  async rename(name: string, to: string): Promise<void> {
    await this.ask(this.path(name), { method: 'PATCH', body: JSON.stringify({ name: to }) });
  }

  /** Makes a table of a file; its kind is found out from what is in it. */
  async share(name: string, file: Blob): Promise<Made> {
    const headers = { 'Content-Type': 'application/octet-stream' };
    const answer = await this.ask(this.path(name), { method: 'PUT', body: file, headers });
    const { dataset, notes, n_rejected } = (await answer.json()) as Created;
    return { name: dataset.name, rows: dataset.rows, notes: notes.map(told), rejected: n_rejected };
  }

  /** The bytes of a file that the file browser shows. */
  async read(path: string): Promise<Blob> {
    const answer = await this.ask(URLExt.join('files', URLExt.encodeParts(path)), {});
    return answer.blob();
  }
}
