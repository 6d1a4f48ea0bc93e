declare module 'html-encoding-sniffer' {
  export interface SniffOptions {
    xml?: boolean;
    transportLayerEncodingLabel?: string;
    defaultEncoding?: string;
  }

  /** The name of the encoding, by the HTML standard's encoding sniffing algorithm. */
  export default function sniffEncoding(bytes: Uint8Array, options?: SniffOptions): string;
}
