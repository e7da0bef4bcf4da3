use image::{ImageEncoder as _, RgbImage, codecs::png::PngEncoder, codecs::webp::WebPEncoder};

use super::*;

/// A picture whose left half is red and whose right half is blue.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { image::Rgb([250, 0, 0]) } else { image::Rgb([0, 0, 250]) })
}

fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut content = Vec::new();
    JpegEncoder::new(&mut content).encode_image(image).unwrap();
    content
}

fn png(image: &RgbImage) -> Vec<u8> {
    let mut content = Vec::new();
    PngEncoder::new(&mut content).write_image(image, image.width(), image.height(), image::ExtendedColorType::Rgb8).unwrap();
    content
}

fn webp(image: &RgbImage) -> Vec<u8> {
    let mut content = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut content);
    encoder.write_image(image, image.width(), image.height(), image::ExtendedColorType::Rgb8).unwrap();
    content
}

/// An EXIF block (big endian TIFF) with an orientation and a maker's text.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0\x2a\0\0\0\x08".to_vec();
    block.extend(2_u16.to_be_bytes());
    block.extend([0x01, 0x0F, 0, 2, 0, 0, 0, 12, 0, 0, 0, 38]);
    block.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    block.extend([0; 4]);
    block.extend(b"SecretCamera");
    block
}

fn jpeg_with_exif(image: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut content = Vec::new();
    let mut encoder = JpegEncoder::new(&mut content);
    encoder.set_exif_metadata(exif(orientation)).unwrap();
    encoder.encode_image(image).unwrap();
    content
}

fn code(content: &[u8]) -> String {
    match develop(content) {
        Err(Error::Invalid(violations)) => {
            assert_eq!(violations[0].field, "content");
            violations[0].code.to_string()
        }
        other => panic!("{other:?}"),
    }
}

fn pixels(picture: &Picture) -> RgbImage {
    assert_eq!(image::guess_format(&picture.content).unwrap(), ImageFormat::Jpeg);
    let pixels = image::load_from_memory(&picture.content).unwrap().into_rgb8();
    assert_eq!((pixels.width(), pixels.height()), (picture.width, picture.height));
    pixels
}

fn is_red(pixel: image::Rgb<u8>) -> bool {
    pixel[0] > 200 && pixel[2] < 60
}

#[test]
fn jpeg_png_and_webp_become_jpeg_of_the_same_size() {
    for content in [jpeg(&halves(40, 20)), png(&halves(40, 20)), webp(&halves(40, 20))] {
        let picture = develop(&content).unwrap();
        let pixels = pixels(&picture);
        assert_eq!((picture.width, picture.height), (40, 20));
        assert!(is_red(*pixels.get_pixel(2, 10)) && !is_red(*pixels.get_pixel(37, 10)));
    }
}

#[test]
fn a_large_picture_is_made_smaller_and_keeps_its_proportions() {
    for (from, to) in [((1024, 256), (512, 128)), ((300, 900), (171, 512)), ((2000, 1), (512, 1)), ((512, 512), (512, 512))] {
        let picture = develop(&png(&halves(from.0, from.1))).unwrap();
        assert_eq!((picture.width, picture.height), to, "{from:?}");
    }
}

#[test]
fn a_picture_is_turned_upright() {
    // 6: the camera was turned a quarter to the left, so what it calls left is the top.
    let picture = develop(&jpeg_with_exif(&halves(40, 20), 6)).unwrap();
    assert_eq!((picture.width, picture.height), (20, 40));
    let pixels = pixels(&picture);
    assert!(is_red(*pixels.get_pixel(10, 3)) && !is_red(*pixels.get_pixel(10, 36)));
}

#[test]
fn nothing_of_the_metadata_stays() {
    let content = jpeg_with_exif(&halves(40, 20), 1);
    let contains = |content: &[u8], text: &[u8]| content.windows(text.len()).any(|window| window == text);
    assert!(contains(&content, b"SecretCamera") && contains(&content, b"Exif"));
    let picture = develop(&content).unwrap();
    assert!(!contains(&picture.content, b"SecretCamera") && !contains(&picture.content, b"Exif"));
}

#[test]
fn what_is_transparent_becomes_white() {
    let clear = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0]));
    let mut content = Vec::new();
    PngEncoder::new(&mut content).write_image(&clear, 8, 8, image::ExtendedColorType::Rgba8).unwrap();
    assert!(pixels(&develop(&content).unwrap()).pixels().all(|pixel| pixel.0.iter().all(|part| *part > 250)));
}

#[test]
fn other_types_are_refused_whatever_they_call_themselves() {
    for content in [
        b"GIF89a\x01\0\x01\0\0\0\0;".as_slice(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><img src=x onerror=alert(1)>",
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0",
        b"II*\0\x08\0\0\0",
        b"%PDF-1.7",
        b"\0",
    ] {
        assert_eq!(code(content), "UNSUPPORTED_TYPE", "{:?}", String::from_utf8_lossy(content));
    }
    assert_eq!(code(b""), "REQUIRED");
}

#[test]
fn a_file_of_more_than_10_mib_is_refused_unread() {
    let mut content = jpeg(&halves(40, 20));
    content.resize(MAX_BYTES + 1, 0);
    assert_eq!(code(&content), "TOO_LARGE");
}

#[test]
fn a_file_that_claims_huge_dimensions_is_refused_before_it_is_decoded() {
    // The height and width of the frame header (SOF0), which no checksum protects.
    let mut bomb = jpeg(&halves(40, 20));
    let frame = bomb.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xF0, 0xFF, 0xF0]);
    assert_eq!(code(&bomb), "TOO_MANY_PIXELS");

    // The image header (IHDR) with its checksum.
    let mut bomb = png(&halves(40, 20));
    bomb[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let checksum = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&checksum);
    assert_eq!(code(&bomb), "TOO_MANY_PIXELS");
}

/// The checksum of PNG (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    // The noise makes the files long enough that most of the places lie within the pixels.
    let noise = RgbImage::from_fn(64, 64, |x, y| image::Rgb([((x * 37) ^ (y * 91)) as u8, (x * y) as u8, (x * 13 + y * 7) as u8]));
    for content in [jpeg(&noise), jpeg_with_exif(&noise, 1), png(&noise), webp(&noise)] {
        assert!(develop(&content).is_ok());
        for part in [20, 40, 60, 80, 95, 99] {
            let cut = &content[..content.len() * part / 100];
            assert_eq!(code(cut), "DAMAGED", "{part} % of {:?}", image::guess_format(&content));
        }
    }
}

#[test]
fn what_a_camera_puts_after_the_end_of_a_jpeg_does_not_matter() {
    let mut content = jpeg(&halves(40, 20));
    content.extend(b"a film of the last three seconds");
    assert!(develop(&content).is_ok());
}

#[test]
fn noise_after_the_first_bytes_of_a_type_never_panics() {
    let mut seed = 1_u32;
    for start in [b"\xFF\xD8\xFF".as_slice(), b"\x89PNG\r\n\x1a\n", b"RIFF\x24\0\0\0WEBPVP8 "] {
        for length in [0, 1, 10, 300, 5_000] {
            let mut content = start.to_vec();
            content.extend((0..length).map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            }));
            assert!(develop(&content).is_err());
        }
    }
}

#[tokio::test]
async fn a_picture_that_waits_too_long_for_its_place_is_given_up() {
    let full = Darkroom::new(0, Duration::from_millis(10));
    assert!(matches!(full.develop(jpeg(&halves(4, 4))).await, Err(Error::Unavailable(_))));
    let free = Darkroom::new(1, Duration::from_secs(30));
    assert!(free.develop(jpeg(&halves(4, 4))).await.is_ok());
    assert!(free.develop(b"GIF89a".to_vec()).await.is_err());
    assert!(free.develop(jpeg(&halves(4, 4))).await.is_ok(), "the place is free again after a refusal");
}
