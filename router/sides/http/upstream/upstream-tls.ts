/** How `https://` addresses are met. What is left out stays as usual. */
export interface UpstreamTls {
  /** Authorities to trust instead of the usual ones, PEM. */
  readonly ca?: string;
  /** The name that the certificate must have; left out, the address's own. */
  readonly servername?: string;
  /** The router's own key and certificate, where it is asked for them, PEM. */
  readonly key?: string;
  readonly cert?: string;
}

/** Asked for each connection, since files may be renewed. */
export type CurrentTls = () => UpstreamTls;
