//! The format of recordings: WAV, PCM, 8 kHz, 16 bit, one channel, as telephony has it.

pub(crate) const SAMPLES_PER_SECOND: u64 = 8_000;
pub(crate) const BYTES_PER_SAMPLE: u64 = 2;
pub(crate) const HEADER_BYTES: u64 = 44;

/// The longest recording, in seconds: the sizes in the header are 32-bit numbers.
pub(crate) const MOST_SECONDS: u64 =
    (u32::MAX as u64 - HEADER_BYTES) / (SAMPLES_PER_SECOND * BYTES_PER_SAMPLE);

/// The header of a file with this number of samples.
pub(crate) fn header(samples: u64) -> [u8; HEADER_BYTES as usize] {
    let data_bytes = u32::try_from(samples * BYTES_PER_SAMPLE).unwrap_or(u32::MAX - 36);
    let (rate, width) = (SAMPLES_PER_SECOND as u32, BYTES_PER_SAMPLE as u16);
    let mut header = [0; HEADER_BYTES as usize];
    header[..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&(data_bytes + 36).to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel.
    header[20..22].copy_from_slice(&1_u16.to_le_bytes());
    header[22..24].copy_from_slice(&1_u16.to_le_bytes());
    header[24..28].copy_from_slice(&rate.to_le_bytes());
    header[28..32].copy_from_slice(&(rate * u32::from(width)).to_le_bytes());
    header[32..34].copy_from_slice(&width.to_le_bytes());
    header[34..36].copy_from_slice(&(width * 8).to_le_bytes());
    header[36..40].copy_from_slice(b"data");
    header[40..44].copy_from_slice(&data_bytes.to_le_bytes());
    header
}
