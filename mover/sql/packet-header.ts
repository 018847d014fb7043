/** A packet's length and number, before its bytes. */
export const packetHeaderBytes = 4;

/** Bytes that one packet holds at most; one of exactly that length goes on in another. */
export const packetPayloadMax = 0xffffff;
