//! Turns an uploaded file into the picture that is kept: upright, at most 512 pixels wide and high, a JPEG without metadata.
//!
//! The file is hostile until proven otherwise: its type is what its first bytes say, whatever its name; its size in pixels is
//! checked before anything is decoded; and nothing of it but the colours of its pixels reaches the picture.

use std::{io::Cursor, sync::Arc, time::Duration};

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgba, RgbaImage, codecs::jpeg::JpegEncoder,
    imageops::FilterType,
};
use kernel::{Error, Result};
use tokio::{sync::Semaphore, time::timeout};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// The most pixels of a file.
const MAX_PIXELS: u64 = 50_000_000;
/// The most pixels of a side: a line of millions of pixels is no photo, and costs far more than its size to make smaller.
const MAX_SIDE: u32 = 16_384;
/// The most memory that the pixels of a file may take: 50 megapixels of four bytes.
const MAX_DECODED_BYTES: u64 = 4 * MAX_PIXELS;
/// The most pixels of the picture, either way.
const SIDE: u32 = 512;
/// The quality of the JPEG, of 100.
const QUALITY: u8 = 85;

/// The longest that a picture may take, waiting included: less than a call may take, so that the caller hears of it.
pub const DEADLINE: Duration = Duration::from_secs(8);

/// The field of the request that holds the file.
const FIELD: &str = "content";

/// A picture that is fit to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The JPEG file.
    pub content: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// The place where pictures are made: beside the threads that answer calls, only so many at once, and not for ever.
#[derive(Debug, Clone)]
pub struct Darkroom {
    places: Arc<Semaphore>,
    deadline: Duration,
}

impl Darkroom {
    /// A darkroom for `concurrent` pictures at once, each waited for as long as `deadline`.
    #[must_use]
    pub fn new(concurrent: usize, deadline: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(concurrent)), deadline }
    }

    /// Makes the picture of a file.
    ///
    /// # Errors
    /// As [`develop`]; [`Error::Unavailable`] where it takes too long, waiting for a place included.
    pub async fn develop(&self, content: impl AsRef<[u8]> + Send + 'static) -> Result<Picture> {
        check_size(content.as_ref())?;
        let work = async {
            let place = self.places.clone().acquire_owned().await.map_err(Error::internal)?;
            let developed = tokio::task::spawn_blocking(move || {
                let picture = develop(content.as_ref());
                // Given back by the thread, which can't be stopped, not by the caller, who may have gone.
                drop(place);
                picture
            });
            developed.await.map_err(Error::internal)?
        };
        timeout(self.deadline, work).await.unwrap_or_else(|_| Err(Error::Unavailable("the processing of photos".into())))
    }
}

/// Makes the picture of a file: JPEG, PNG or WebP, of an animated one the first frame.
///
/// # Errors
/// [`Error::Invalid`] that names `content`: empty, another type, too large, damaged.
pub fn develop(content: &[u8]) -> Result<Picture> {
    check_size(content)?;
    let format = image::guess_format(content).ok();
    let format = format
        .filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP))
        .ok_or_else(|| Error::invalid(FIELD, "UNSUPPORTED_TYPE", "must be a JPEG, PNG or WebP file"))?;
    if format == ImageFormat::Jpeg && !jpeg_is_whole(content) {
        return Err(damaged());
    }
    print(decode(content, format).map_err(refusal)?).map_err(Error::internal)
}

fn check_size(content: &[u8]) -> Result<()> {
    if content.is_empty() {
        return Err(Error::invalid(FIELD, "REQUIRED", "must be given"));
    }
    if content.len() > MAX_BYTES {
        return Err(Error::invalid(FIELD, "TOO_LARGE", "must be at most 10 MiB"));
    }
    Ok(())
}

/// The pixels, upright, at their full size.
fn decode(content: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(too_many_pixels());
    }
    // A broken EXIF block is no reason to refuse a picture.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder)?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// The picture of these pixels, made smaller where it must be; what is transparent becomes white.
fn print(image: DynamicImage) -> Result<Picture, ImageError> {
    let small = if image.width() > SIDE || image.height() > SIDE { image.resize(SIDE, SIDE, FilterType::CatmullRom) } else { image };
    let opaque = if small.color().has_alpha() {
        let mut paper = RgbaImage::from_pixel(small.width(), small.height(), Rgba([255; 4]));
        image::imageops::overlay(&mut paper, &small.into_rgba8(), 0, 0);
        DynamicImage::ImageRgba8(paper)
    } else {
        small
    };
    let pixels = opaque.into_rgb8();
    let mut content = Vec::new();
    JpegEncoder::new_with_quality(&mut content, QUALITY).encode_image(&pixels)?;
    Ok(Picture { content, width: pixels.width(), height: pixels.height() })
}

/// Whether a JPEG goes on to its end marker. The decoder fills up what is missing with grey, and the end marker of a
/// thumbnail inside the metadata doesn't count, so the segments are walked (ITU T.81, annex B).
fn jpeg_is_whole(content: &[u8]) -> bool {
    const END: u8 = 0xD9;
    const SCAN: u8 = 0xDA;
    let mut at = 2;
    loop {
        // A marker is 0xFF, which may be repeated, and a code.
        let Some(code) = content.get(at..).and_then(|rest| rest.iter().position(|byte| *byte != 0xFF)).map(|skipped| at + skipped) else {
            return false;
        };
        at = code + 1;
        match content[code] {
            END => return true,
            // Markers without a segment.
            0x01 | 0xD0..=0xD8 => continue,
            marker => {
                let Some(length) = content.get(at..at + 2) else { return false };
                at += usize::from(u16::from_be_bytes([length[0], length[1]]));
                if marker == SCAN {
                    // Entropy-coded data goes on to the next marker; a stuffed 0xFF and the restart markers belong to it.
                    let data = content.get(at..).unwrap_or_default();
                    let next = data.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF));
                    let Some(next) = next else { return false };
                    at += next;
                }
            }
        }
    }
}

fn too_many_pixels() -> ImageError {
    ImageError::Limits(image::error::LimitError::from_kind(image::error::LimitErrorKind::DimensionError))
}

fn refusal(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => Error::invalid(FIELD, "TOO_MANY_PIXELS", "must have at most 50 megapixels, and 16384 pixels on a side"),
        _ => damaged(),
    }
}

fn damaged() -> Error {
    Error::invalid(FIELD, "DAMAGED", "must be a whole JPEG, PNG or WebP file")
}

#[cfg(test)]
mod tests;
